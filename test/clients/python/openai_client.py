"""The openai package, whichever version is installed."""

from pathlib import Path

import openai
from conversation import API_KEY, BASE_URL, converse, pictures

client = openai.OpenAI(base_url=BASE_URL, api_key=API_KEY)


def perform(task):
    options = {name: task[key] for name, key in [("timeout", "timeoutMs"), ("max_retries", "retries")] if key in task}
    if "timeout" in options:
        options["timeout"] /= 1000
    body = {"model": task["model"], "prompt": task["prompt"], "extra_headers": task.get("headers")}
    body["extra_body"] = task.get("fields")  # versions differ in the parameters that their methods name
    return CALLS[task["call"]](client.with_options(**options).images, body, task)


def stream(images, body, _):
    seen = list(images.generate(**body, stream=True, partial_images=1))
    of = lambda kind: [event for event in seen if event.type == f"image_generation.{kind}"]
    return {"images": [event.b64_json for event in of("completed")], "partials": len(of("partial_image"))}


CALLS = {
    "generate": lambda images, body, _: pictures(images.generate(**body)),
    "edit": lambda images, body, task: pictures(images.edit(**body, image=Path(task["image"]))),
    "stream": stream,
}

converse(perform)
