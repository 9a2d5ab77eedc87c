#!/usr/bin/env bash
# bash examples/stream.sh makes boat-0.png and boat-1.png, which are drafts, and then boat.png
set -euo pipefail
url=${OPENAI_BASE_URL:-http://localhost:8080/v1}
key=${OPENAI_API_KEY:-not-needed}

curl -sSN --fail-with-body "$url/images/generations" \
  -H "authorization: Bearer $key" -H 'content-type: application/json' \
  -d '{"model": "gpt-image-2", "prompt": "A paper boat floating on calm water at sunrise.", "quality": "low",
       "stream": true, "partial_images": 2}' |
  awk -F '"b64_json": *"' '
    /"error"/ { print > "/dev/stderr"; exit 1 }
    NF == 2 {
      name = (/"image_generation.completed"/ ? "boat.png" : "boat-" (n++) ".png")
      sub(/".*/, "", $2)
      print $2 | ("base64 --decode > " name)
      close("base64 --decode > " name)
      print name
    }'
