"""How the drivers for Python are spoken to: a task a line on standard input, an outcome a line on standard output."""

import json
import os
import sys

BASE_URL = os.environ["BASE_URL"]
API_KEY = os.environ["API_KEY"]


def converse(perform):
    for line in sys.stdin:
        try:
            outcome = perform(json.loads(line))
        except Exception as error:
            outcome = {"error": {"status": getattr(error, "status_code", None), "message": str(error)}}
        print("outcome " + json.dumps(outcome), flush=True)


def pictures(answer):
    return {"images": [picture.b64_json for picture in answer.data]}
