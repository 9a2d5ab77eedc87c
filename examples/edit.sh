#!/usr/bin/env bash
# bash examples/edit.sh makes night.png of boat.jpg
set -euo pipefail
url=${OPENAI_BASE_URL:-http://localhost:8080/v1}
key=${OPENAI_API_KEY:-not-needed}
boat=$(dirname "$0")/boat.jpg

curl -sS --fail-with-body "$url/images/edits" \
  -H "authorization: Bearer $key" \
  -F model=gpt-image-2 -F image=@"$boat" -F prompt='The same boat at night, under the stars.' -F quality=low |
  sed -n -e 's/.*"b64_json": *"\([^"]*\)".*/\1/p' -e t -e 'w /dev/stderr' | base64 --decode > night.png
