"""LiteLLM as a client: its function for pictures, with the provider for OpenAI."""

import litellm
from conversation import API_KEY, BASE_URL, converse, pictures


def perform(task):
    options = {"api_base": BASE_URL, "api_key": API_KEY, **task.get("fields", {})}
    if "headers" in task:
        options["headers"] = task["headers"]  # it writes `extra_headers` into the body, too
    if "timeoutMs" in task:
        options["timeout"] = task["timeoutMs"] / 1000
    if "retries" in task:
        options["num_retries"] = task["retries"]
    options["model"] = f"openai/{task['model']}"
    if task["call"] == "edit":
        with open(task["image"], "rb") as image:
            return pictures(litellm.image_edit(prompt=task["prompt"], image=image, **options))
    return pictures(litellm.image_generation(prompt=task["prompt"], **options))


converse(perform)
