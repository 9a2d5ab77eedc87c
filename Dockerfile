# syntax=docker/dockerfile:1
# Two images: the gateway, and with `--target sandbox` one that can draw pictures offline too. npm's cache and the lockfile
# stay behind in stages of their own. No build step: Node strips the types.
ARG NODE_IMAGE=docker.io/library/node:26-bookworm-slim

FROM ${NODE_IMAGE} AS manifests
WORKDIR /app
COPY package.json package-lock.json .npmrc ./

FROM manifests AS dependencies
RUN npm ci --omit=dev --omit=optional --no-audit --no-fund

FROM manifests AS sandbox-dependencies
RUN npm ci --omit=dev --no-audit --no-fund

FROM ${NODE_IMAGE} AS base
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="comet-gateway" \
      org.opencontainers.image.description="An OpenAI-compatible gateway for CometAPI's image models" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 DATA_DIR=/data
WORKDIR /app
# The command is on the path, for `docker exec … comet-gateway keys list`.
RUN mkdir -m 700 /data && chown node:node /data && ln -s /app/bin/comet-gateway.js /usr/local/bin/comet-gateway
COPY package.json ./
COPY bin ./bin
COPY docker/healthcheck.js docker/keep-compiled-code.sh ./docker/
COPY sandbox ./sandbox
COPY src ./src
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=3s --start-period=5s CMD ["node", "docker/healthcheck.js"]
# Exec form: node is process 1 and gets SIGTERM itself. Arguments choose a command: `docker run … --help`.
ENTRYPOINT ["node", "bin/comet-gateway.js"]

# With the native library that draws the sandbox's pictures.
FROM base AS sandbox
COPY --from=sandbox-dependencies /app/node_modules ./node_modules
USER node
RUN docker/keep-compiled-code.sh

FROM base AS gateway
COPY --from=dependencies /app/node_modules ./node_modules
USER node
RUN docker/keep-compiled-code.sh
