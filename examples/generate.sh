#!/usr/bin/env bash
# bash examples/generate.sh makes boat.png
set -euo pipefail
url=${OPENAI_BASE_URL:-http://localhost:8080/v1}
key=${OPENAI_API_KEY:-not-needed}

curl -sS --fail-with-body "$url/images/generations" \
  -H "authorization: Bearer $key" -H 'content-type: application/json' \
  -d '{"model": "gpt-image-2", "prompt": "A paper boat floating on calm water at sunrise.", "quality": "low"}' |
  sed -n -e 's/.*"b64_json": *"\([^"]*\)".*/\1/p' -e t -e 'w /dev/stderr' | base64 --decode > boat.png
