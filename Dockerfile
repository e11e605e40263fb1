# Builds an image that serves Cardea on port 4000 with its data in /data. This file is not built by the project's tests.
#
#   docker build -t cardea .
#   docker run -p 4000:4000 -v cardea:/data -e CARDEA_PUBLIC_URL=https://id.example.com cardea
#
# The image runs in strict mode, which wants an https public URL: put a proxy with TLS in front of it.

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY ui/package.json ./ui/
# No install scripts: the image's own Node runs, the tests' PostgreSQL is not needed, native modules come prebuilt.
RUN npm ci --include=dev --ignore-scripts
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:24-slim
ENV NODE_ENV=production CARDEA_HOST=0.0.0.0 CARDEA_PORT=4000 CARDEA_DATA_DIR=/data
WORKDIR /app
COPY --from=build /app/package.json /app/LICENSE ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/bin ./bin
COPY --from=build /app/dist ./dist
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 4000
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:4000/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/cli/main.js", "serve"]
