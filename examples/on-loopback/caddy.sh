# Prints the configuration of docs/behind-caddy.md, changed for a trial on this machine: no root, no certificate.
# sh examples/on-loopback/caddy.sh PORT-OF-CADDY PORT-OF-CARDEA PORT-OF-SERVICE
set -eu
cat <<'END'
{
	admin off
	auto_https off
	default_bind 127.0.0.1
}
END
sed -n '/^app.example.com {/,/^```/p' "$(dirname "$0")/../../docs/behind-caddy.md" | sed \
  -e '/^```/d' \
  -e "s/^app.example.com {/http:\/\/127.0.0.1:$1 {/" \
  -e "s/127.0.0.1:4000/127.0.0.1:$2/" \
  -e "s/127.0.0.1:8080/127.0.0.1:$3/"
