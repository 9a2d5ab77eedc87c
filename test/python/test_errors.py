import threading
import time
import unittest
import uuid

import openai
from support import SMALL, client, failing_client, orders, other_client, picture, please

REQUEST = "invalid_request_error"
UPSTREAM = "upstream_error"


class Refused(unittest.TestCase):
    """What the gateway refuses itself."""

    def assert_error(self, call, of, status, code, param, kind=REQUEST):
        with self.assertRaises(openai.APIStatusError) as caught:
            call()
        error = caught.exception
        self.assertIs(type(error), of)
        self.assertEqual((error.status_code, error.code, error.param, error.type), (status, code, param, kind))
        self.assertRegex(error.request_id, "^req_")
        self.assertIn(error.body["message"], error.message)

    def test_errors_have_their_class_code_and_param(self):
        images = client().images
        valid = {"model": "gpt-image-2", "prompt": "a"}
        square = picture(64, 64)
        bad, missing, plain = openai.BadRequestError, openai.NotFoundError, openai.APIStatusError
        for name, call, expected in [
            (
                "a parameter of other models",
                lambda: images.generate(**valid, response_format="url"),
                (bad, 400, "unsupported_parameter", "response_format"),
            ),
            (
                "a parameter of no model",
                lambda: images.generate(**valid, extra_body={"colour": "red"}),
                (bad, 400, "unknown_parameter", "colour"),
            ),
            (
                "a value that the model does not take",
                lambda: images.generate(**valid, size="1920x1080"),
                (bad, 400, "invalid_value", "size"),
            ),
            ("a value of another type", lambda: images.generate(**valid, n="2"), (bad, 400, "invalid_type", "n")),
            (
                "an edit of what is no picture",
                lambda: images.edit(**valid, image=b"hello"),
                (bad, 400, "invalid_value", "image"),
            ),
            (
                "a mask without alpha",
                lambda: images.edit(**valid, image=square, mask=square),
                (bad, 400, "invalid_value", "mask"),
            ),
            (
                "a variation by a model that makes none",
                lambda: images.create_variation(image=square, model="gpt-image-2"),
                (bad, 400, "invalid_value", "model"),
            ),
            (
                "a model that does not exist",
                lambda: images.generate(model="gpt-image-9", prompt="a"),
                (missing, 404, "model_not_found", "model"),
            ),
            (
                "an operation that is not of images",
                lambda: client().chat.completions.create(model="gpt-5", messages=[]),
                (missing, 404, "not_found", None),
            ),
            (
                "an upload that is too large",
                lambda: images.edit(**valid, image=square + bytes(20_000_000)),
                (plain, 413, "request_too_large", None),
            ),
            (
                "a wrong key",
                lambda: client(api_key="sk-wrong").models.list(),
                (openai.AuthenticationError, 401, "invalid_api_key", None),
            ),
        ]:
            with self.subTest(name):
                self.assert_error(call, *expected)

    def test_moderation(self):
        self.assert_error(
            lambda: client().images.generate(**{**SMALL, "prompt": "something forbidden"}),
            openai.BadRequestError,
            400,
            "moderation_blocked",
            None,
            "image_generation_user_error",
        )

    def test_what_the_upstream_refuses(self):
        sdk = failing_client(max_retries=0)
        for word, of, expected in [
            ("status-400", openai.BadRequestError, (400, "invalid_value", "size", REQUEST)),
            ("status-404", openai.NotFoundError, (404, "gone", None, REQUEST)),
            ("status-409", openai.ConflictError, (409, "conflict", None, REQUEST)),
            ("status-413", openai.APIStatusError, (413, "too_large", None, REQUEST)),
            ("status-422", openai.UnprocessableEntityError, (422, "bad_image", "image", REQUEST)),
            ("status-429", openai.RateLimitError, (429, "rate_limit_exceeded", None, "requests")),
            ("status-401", openai.InternalServerError, (502, "upstream_rejected_key", None, UPSTREAM)),
            ("status-500", openai.InternalServerError, (502, "upstream_failed", None, UPSTREAM)),
            ("status-503", openai.InternalServerError, (503, "upstream_overloaded", None, UPSTREAM)),
            ("silence", openai.InternalServerError, (504, "upstream_timeout", None, UPSTREAM)),
        ]:
            with self.subTest(word):
                self.assert_error(
                    lambda: sdk.images.generate(model="gpt-image-2", prompt=please(word)), of, *expected
                )


class MidStream(unittest.TestCase):
    def test_raises_an_api_error_in_a_generation_and_in_an_edit(self):
        sdk = failing_client()
        for word, code in [
            ("error-event", "moderation_blocked"),
            ("early-end", "upstream_failed"),
            ("cut-event", "upstream_failed"),
            ("cut-connection", "upstream_failed"),
        ]:
            order = {"model": "gpt-image-2", "prompt": please(word), "stream": True, "partial_images": 1}
            for family, call in [
                ("image_generation", lambda: sdk.images.generate(**order)),
                ("image_edit", lambda: sdk.images.edit(**order, image=picture(64, 64))),
            ]:
                with self.subTest(word, family=family):
                    before = orders()
                    seen = []
                    with self.assertRaises(openai.APIError) as caught, call() as stream:
                        for event in stream:
                            seen.append(event.type)
                    self.assertEqual(seen, [f"{family}.partial_image"])
                    self.assertEqual((caught.exception.code, caught.exception.param), (code, None))
                    self.assertNotEqual(caught.exception.message, "An error occurred during streaming")
                    self.assertEqual(orders() - before, 1)


class Retries(unittest.TestCase):
    """The SDK tries twice more by default."""

    def test_an_ambiguous_failure_is_bought_once(self):
        for word in ["status-500", "page", "reset", "silence"]:
            with self.subTest(word):
                before = orders()
                with self.assertRaises(openai.InternalServerError):
                    failing_client().images.generate(model="gpt-image-2", prompt=please(word))
                self.assertEqual(orders() - before, 1)

    def test_a_429_is_waited_for_as_long_as_retry_after_says(self):
        before, start = orders(), time.monotonic()
        with self.assertRaises(openai.RateLimitError):
            failing_client(max_retries=1).images.generate(model="gpt-image-2", prompt=please("status-429"))
        self.assertEqual(orders() - before, 2)
        self.assertGreater(time.monotonic() - start, 0.95)

    def test_a_timeout_of_the_sdk_raises_its_own_error(self):
        with self.assertRaises(openai.APITimeoutError):
            failing_client(timeout=0.2, max_retries=0).images.generate(model="gpt-image-2", prompt=please("late"))

    def test_an_sdk_that_gives_up_and_asks_again_gets_what_was_bought(self):
        before = orders()
        raw = failing_client(timeout=0.5).images.with_raw_response.generate(
            model="gpt-image-2", prompt=please("late"), user="the same order"
        )
        self.assertRegex(raw.headers["x-gateway-adopted"], "^gen_")
        self.assertEqual(len(raw.parse().data), 1)
        self.assertEqual(orders() - before, 1)


class IdempotencyKeys(unittest.TestCase):
    """`extra_headers` with an Idempotency-Key, and two gateways on one database."""

    def setUp(self):
        self.headers = {"Idempotency-Key": f"order-{uuid.uuid4()}"}
        self.order = {"model": "gpt-image-2", "prompt": please("late"), "extra_headers": self.headers}
        self.before = orders()

    def assert_refused(self, call, of, code):
        with self.assertRaises(of) as caught:
            call()
        self.assertEqual(caught.exception.code, code)

    def code_of(self, call):
        with self.assertRaises(openai.APIStatusError) as caught:
            call()
        return caught.exception.code

    def test_one_order_is_bought_once_whichever_gateway_is_asked(self):
        here, there = failing_client(max_retries=0).images, other_client(max_retries=0).images
        bought = []
        first = threading.Thread(target=lambda: bought.append(here.generate(**self.order)))
        first.start()
        while orders() == self.before:
            time.sleep(0.01)
        self.assert_refused(lambda: there.generate(**self.order), openai.ConflictError, "idempotency_in_progress")
        first.join()
        while self.code_of(lambda: there.generate(**self.order)) == "idempotency_in_progress":
            time.sleep(0.01)  # its end is booked a moment after its answer
        self.assert_refused(lambda: there.generate(**self.order), openai.ConflictError, "answer_not_kept")
        self.assertEqual(here.generate(**self.order).data, bought[0].data)
        self.assertEqual(orders() - self.before, 1)

    def test_another_order_under_the_same_key_is_refused(self):
        here, there = failing_client().images, other_client().images
        here.generate(**self.order)
        for images in [here, there]:
            self.assert_refused(
                lambda: images.generate(**{**self.order, "prompt": "another boat"}),
                openai.UnprocessableEntityError,
                "idempotency_key_reused",
            )
        self.assertEqual(orders() - self.before, 1)
