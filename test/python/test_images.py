import base64
import io
import tempfile
import unittest
from pathlib import Path

from support import EDIT, SMALL, client, colours, half_mask, look, looks, picture


class Generate(unittest.TestCase):
    def test_brings_a_real_picture_and_its_usage(self):
        for model, size, kind in [
            ("gpt-image-1", "1024x1024", "png"),
            ("gpt-image-2", "1024x640", "jpeg"),
            ("gpt-image-2.6-flare", "1024x640", "webp"),
        ]:
            with self.subTest(model):
                answer = client().images.generate(
                    model=model, prompt="a cat", size=size, quality="low", output_format=kind
                )
                self.assertEqual(looks(answer), [f"{kind} {size}"])
                self.assertGreater(answer.usage.output_tokens, 0)
                self.assertEqual(
                    answer.usage.total_tokens, answer.usage.input_tokens + answer.usage.output_tokens
                )
                self.assertRegex(answer._request_id, "^req_")

    def test_brings_urls_that_work(self):
        for model, size in [("dall-e-2", "256x256"), ("dall-e-3", "1024x1792"), ("qwen-image", "1024x1024")]:
            with self.subTest(model):
                answer = client().images.generate(model=model, prompt="a cat", size=size)
                self.assertRegex(answer.data[0].url, "^http")
                self.assertEqual(looks(answer), [f"png {size}"])

    def test_brings_base64_where_response_format_asks_for_it(self):
        answer = client().images.generate(
            model="dall-e-2", prompt="a cat", size="256x256", n=2, response_format="b64_json"
        )
        self.assertEqual([item.url for item in answer.data], [None, None])
        self.assertEqual(looks(answer), ["png 256x256", "png 256x256"])

    def test_takes_none_for_every_optional_parameter(self):
        answer = client().images.generate(
            model="gpt-image-2",
            prompt="a cat",
            size="1024x640",
            quality=None,
            background=None,
            moderation=None,
            n=None,
            output_compression=None,
            output_format=None,
            partial_images=None,
            stream=None,
        )
        self.assertEqual(looks(answer), ["png 1024x640"])

    def test_gives_its_raw_response(self):
        raw = client().images.with_raw_response.generate(prompt="a cat")
        self.assertEqual(raw.status_code, 200)
        self.assertEqual(raw.headers["x-gateway-defaulted-parameters"], "model=dall-e-3")
        self.assertRegex(raw.headers["content-type"], "^application/json")
        self.assertRegex(raw.request_id, "^req_")
        self.assertEqual(looks(raw.parse()), ["png 1024x1024"])

    def test_can_be_read_as_it_comes(self):
        with client().images.with_streaming_response.generate(**SMALL) as response:
            self.assertEqual(looks(response.parse()), ["png 1024x640"])


class Stream(unittest.TestCase):
    def test_brings_the_partial_images_in_order_and_then_the_finished_one(self):
        with client().images.generate(**SMALL, stream=True, partial_images=2) as stream:
            events = list(stream)
        self.assertEqual(
            [(event.type, getattr(event, "partial_image_index", None)) for event in events],
            [
                ("image_generation.partial_image", 0),
                ("image_generation.partial_image", 1),
                ("image_generation.completed", None),
            ],
        )
        for event in events:
            self.assertEqual(look(base64.b64decode(event.b64_json)), "png 1024x640")
        self.assertGreater(events[-1].usage.output_tokens, 200)

    def test_has_its_request_id_in_its_headers(self):
        with client().images.generate(**SMALL, stream=True) as stream:
            self.assertRegex(stream.response.headers["x-request-id"], "^req_")
            self.assertRegex(stream.response.headers["content-type"], "^text/event-stream")
            self.assertEqual([event.type for event in stream], ["image_generation.completed"])

    def test_can_be_left_before_its_end(self):
        with client().images.generate(**SMALL, stream=True, partial_images=3) as stream:
            self.assertEqual(next(stream).type, "image_generation.partial_image")


class Edit(unittest.TestCase):
    def test_takes_its_image_in_every_form(self):
        square = picture(256, 256)
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory, "square.png")
            path.write_bytes(square)
            with path.open("rb") as opened:
                for name, image in {
                    "bytes": square,
                    "BytesIO": io.BytesIO(square),
                    "Path": path,
                    "an open file": opened,
                    "a tuple": ("square.png", square, "image/png"),
                    "a tuple with a strange name": ('ä "b"\r\nc: d.png', square),
                }.items():
                    with self.subTest(name):
                        answer = client().images.edit(
                            model="dall-e-2", prompt="a cat", size="256x256", image=image
                        )
                        self.assertEqual(looks(answer), ["png 256x256"])

    def test_takes_several_images(self):
        one = client().images.edit(**EDIT, image=picture(640, 400, "jpeg"))
        two = client().images.edit(**EDIT, image=[picture(640, 400, "jpeg"), picture(64, 64, "webp")])
        self.assertEqual(looks(one) + looks(two), ["webp 1024x640", "webp 1024x640"])
        self.assertGreater(
            two.usage.input_tokens_details.image_tokens, one.usage.input_tokens_details.image_tokens
        )

    def test_changes_what_the_mask_opens_and_nothing_else(self):
        answer = client().images.edit(
            **{**EDIT, "output_format": "png"}, image=picture(1024, 640), mask=half_mask(1024, 640)
        )
        edited = base64.b64decode(answer.data[0].b64_json)
        self.assertEqual(look(edited), "png 1024x640")
        self.assertLess(colours(edited, (0, 0, 400, 640)), 10)
        self.assertGreater(colours(edited, (624, 0, 1024, 640)), 100)

    def test_can_be_a_stream(self):
        with client().images.edit(**EDIT, image=picture(1024, 640), stream=True, partial_images=1) as stream:
            events = list(stream)
        self.assertEqual([event.type for event in events], ["image_edit.partial_image", "image_edit.completed"])
        for event in events:
            self.assertEqual(look(base64.b64decode(event.b64_json)), "webp 1024x640")
        self.assertGreater(events[-1].usage.input_tokens_details.image_tokens, 0)

    def test_takes_none_for_every_optional_parameter(self):
        raw = client().images.with_raw_response.edit(
            image=picture(64, 64),
            prompt="a cat",
            model=None,
            background=None,
            input_fidelity=None,
            n=None,
            output_compression=None,
            output_format=None,
            partial_images=None,
            quality=None,
            response_format=None,
            size=None,
            stream=None,
        )
        self.assertEqual(raw.headers["x-gateway-defaulted-parameters"], "model=gpt-image-2")
        self.assertEqual(len(raw.parse().data), 1)


class Variation(unittest.TestCase):
    def test_brings_urls_and_base64(self):
        square = picture(256, 256)
        urls = client().images.create_variation(image=square, n=2, size="256x256")
        self.assertEqual(looks(urls), ["png 256x256", "png 256x256"])
        base64s = client().images.create_variation(
            image=square, n=None, size="256x256", response_format="b64_json"
        )
        self.assertIsNone(base64s.data[0].url)
        self.assertEqual(looks(base64s), ["png 256x256"])


class Models(unittest.TestCase):
    def test_are_listed_and_retrieved(self):
        ids = [model.id for model in client().models.list()]
        self.assertIn("gpt-image-2", ids)
        self.assertIn("dall-e-3", ids)
        self.assertEqual(client().models.retrieve("qwen-image").owned_by, "alibaba")
