# Prints the configuration of docs/behind-nginx.md, changed for a trial on this machine: no root, no certificate.
# sh examples/on-loopback/nginx.sh PORT-OF-NGINX PORT-OF-CARDEA PORT-OF-SERVICE
set -eu
cat <<'END'
daemon off;
master_process off;
pid nginx.pid;
error_log stderr;
events {}
http {
access_log off;
client_body_temp_path body;
proxy_temp_path proxy;
fastcgi_temp_path fastcgi;
uwsgi_temp_path uwsgi;
scgi_temp_path scgi;
END
sed -n '/^upstream cardea/,/^```/p' "$(dirname "$0")/../../docs/behind-nginx.md" | sed \
  -e '/^```/d' \
  -e '/^ *ssl_certificate/d' \
  -e "s/listen 443 ssl;/listen 127.0.0.1:$1;/" \
  -e 's/server_name app.example.com;/server_name 127.0.0.1;/' \
  -e "s/server 127.0.0.1:4000;/server 127.0.0.1:$2;/" \
  -e "s/server 127.0.0.1:8080;/server 127.0.0.1:$3;/"
echo '}'
