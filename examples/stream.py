# python examples/stream.py makes boat-0.png and boat-1.png, which are drafts, and then boat.png
import base64
import os
from pathlib import Path

from openai import OpenAI

client = OpenAI(
    base_url=os.environ.get("OPENAI_BASE_URL", "http://localhost:8080/v1"),
    api_key=os.environ.get("OPENAI_API_KEY", "not-needed"),
)

stream = client.images.generate(
    model="gpt-image-2",
    prompt="A paper boat floating on calm water at sunrise.",
    quality="low",
    stream=True,
    partial_images=2,
)
for event in stream:
    is_draft = event.type == "image_generation.partial_image"
    name = f"boat-{event.partial_image_index}.png" if is_draft else "boat.png"
    Path(name).write_bytes(base64.b64decode(event.b64_json))
    print(name)
