# python examples/edit.py makes night.png of boat.jpg
import base64
import os
from pathlib import Path

from openai import OpenAI

client = OpenAI(
    base_url=os.environ.get("OPENAI_BASE_URL", "http://localhost:8080/v1"),
    api_key=os.environ.get("OPENAI_API_KEY", "not-needed"),
)
boat = Path(__file__).with_name("boat.jpg")

night = client.images.edit(
    model="gpt-image-2",
    image=boat,
    prompt="The same boat at night, under the stars.",
    quality="low",
)
Path("night.png").write_bytes(base64.b64decode(night.data[0].b64_json))

print("night.png")
