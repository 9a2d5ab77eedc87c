# python examples/generate.py makes boat.png
import base64
import os
from pathlib import Path

from openai import OpenAI

client = OpenAI(
    base_url=os.environ.get("OPENAI_BASE_URL", "http://localhost:8080/v1"),
    api_key=os.environ.get("OPENAI_API_KEY", "not-needed"),
)

answer = client.images.generate(
    model="gpt-image-2",
    prompt="A paper boat floating on calm water at sunrise.",
    size="1536x1024",
    quality="low",
)
Path("boat.png").write_bytes(base64.b64decode(answer.data[0].b64_json))

print(f"boat.png: {answer.usage.output_tokens} output tokens")
