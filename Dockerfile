# syntax=docker/dockerfile:1
# Two stages: npm's cache and the lockfile stay behind. No build step: Node strips the types.
ARG NODE_IMAGE=docker.io/library/node:26-bookworm-slim

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM ${NODE_IMAGE}
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 DATA_DIR=/data
WORKDIR /app
# The command is on the path, for `docker exec … comet-gateway keys list`.
RUN mkdir -m 700 /data && chown node:node /data && ln -s /app/bin/comet-gateway.js /usr/local/bin/comet-gateway
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json ./
COPY bin ./bin
COPY docker/healthcheck.js ./docker/healthcheck.js
COPY sandbox ./sandbox
COPY src ./src
USER node
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=3s --start-period=5s CMD ["node", "docker/healthcheck.js"]
# Exec form: node is process 1 and gets SIGTERM itself. Arguments choose a command: `docker run … --help`.
ENTRYPOINT ["node", "bin/comet-gateway.js"]
