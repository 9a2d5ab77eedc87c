#!/bin/sh
# Runs while the image is built: starts the gateway once, so that its compiled code is in the image and a container is
# ready in half the time, also where its files cannot be written. Nothing of this run stays but ~/.cache/comet-gateway.
set -eu
export COMETAPI_KEY=only-for-this-start HOST=127.0.0.1 LOG_LEVEL=error DATA_DIR=/tmp/first-start
node bin/comet-gateway.js &
gateway=$!
until node docker/healthcheck.js; do
  kill -0 "$gateway"
  sleep 0.1
done
kill "$gateway"
wait "$gateway"
rm -rf "$DATA_DIR"
