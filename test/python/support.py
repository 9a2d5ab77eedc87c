"""What all tests share: clients, pictures, and what the scripted upstream was asked for."""

import base64
import io
import itertools
import json
import os
import urllib.request

import openai
from PIL import Image

FAILING_BASE_URL = os.environ["FAILING_BASE_URL"]
OTHER_BASE_URL = os.environ["OTHER_BASE_URL"]
NUMBERS = itertools.count()
SMALL = {"model": "gpt-image-2", "prompt": "a lighthouse", "size": "1024x640", "quality": "low"}
EDIT = {**SMALL, "prompt": "a starry night", "output_format": "webp"}


def client(**options) -> openai.OpenAI:
    """The sandbox behind the gateway: address and key come from the environment, as the SDK reads them."""
    return openai.OpenAI(max_retries=0, **options)


def async_client(**options) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(max_retries=0, **options)


def failing_client(**options) -> openai.OpenAI:
    """An upstream behind the gateway that fails as the prompt says."""
    return openai.OpenAI(base_url=FAILING_BASE_URL, **options)


def other_client(**options) -> openai.OpenAI:
    """The same upstream behind another gateway, which has the same database."""
    return openai.OpenAI(base_url=OTHER_BASE_URL, **options)


def please(word: str) -> str:
    """A prompt that asks for a failure, and that no order had before: an equal one would be given the answer of another."""
    return f"please {word}, order {next(NUMBERS)}"


def orders() -> int:
    """How many orders the scripted upstream has got."""
    with urllib.request.urlopen(f"{os.environ['UPSTREAM_URL']}/orders") as answer:
        return json.load(answer)["orders"]


def look(picture: bytes) -> str:
    """Decodes a picture whole and says what it is, as `png 1024x640`."""
    with Image.open(io.BytesIO(picture)) as image:
        image.load()
        return f"{image.format.lower()} {image.width}x{image.height}"


def looks(answer) -> list[str]:
    """The same for all pictures of an answer, fetched where they are URLs."""
    return [look(base64.b64decode(item.b64_json) if item.b64_json else fetch(item.url)) for item in answer.data]


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:
        return answer.read()


def picture(width: int, height: int, kind: str = "png", alpha: int | None = None) -> bytes:
    """A picture of one colour; with `alpha` it has that much of it."""
    colour = (200, 120, 40) if alpha is None else (200, 120, 40, alpha)
    buffer = io.BytesIO()
    Image.new("RGB" if alpha is None else "RGBA", (width, height), colour).save(buffer, kind)
    return buffer.getvalue()


def half_mask(width: int, height: int) -> bytes:
    """A mask that opens the right half."""
    image = Image.new("RGBA", (width, height), (0, 0, 0, 255))
    image.paste((0, 0, 0, 0), (width // 2, 0, width, height))
    buffer = io.BytesIO()
    image.save(buffer, "png")
    return buffer.getvalue()


def colours(picture: bytes, box: tuple[int, int, int, int]) -> int:
    """How many different colours a part of a picture has, at most 1000."""
    with Image.open(io.BytesIO(picture)) as image:
        found = image.convert("RGB").crop(box).getcolors(1000)
        return 1000 if found is None else len(found)
