import asyncio
import base64
import unittest

import openai
from support import EDIT, FAILING_BASE_URL, SMALL, async_client, look, looks, orders, picture, please


class AsyncImages(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.client = async_client()

    async def asyncTearDown(self):
        await self.client.close()

    async def test_generate_brings_a_real_picture_and_its_usage(self):
        answer = await self.client.images.generate(**SMALL, n=None)
        self.assertEqual(looks(answer), ["png 1024x640"])
        self.assertGreater(answer.usage.output_tokens, 0)
        self.assertRegex(answer._request_id, "^req_")

    async def test_generate_brings_a_url_that_works(self):
        answer = await self.client.images.generate(model="dall-e-2", prompt="a cat", size="256x256")
        self.assertEqual(looks(answer), ["png 256x256"])

    async def test_several_at_once_do_not_mix(self):
        sizes = ["1024x640", "640x1024", "1024x1024"]
        calls = [self.client.images.generate(**{**SMALL, "size": size}) for size in sizes]
        self.assertEqual([looks(answer) for answer in await asyncio.gather(*calls)], [[f"png {size}"] for size in sizes])

    async def test_a_stream_brings_the_partial_images_and_then_the_finished_one(self):
        stream = await self.client.images.generate(**SMALL, stream=True, partial_images=1)
        events = [event async for event in stream]
        self.assertEqual(
            [event.type for event in events], ["image_generation.partial_image", "image_generation.completed"]
        )
        for event in events:
            self.assertEqual(look(base64.b64decode(event.b64_json)), "png 1024x640")

    async def test_edit_takes_one_image_several_a_mask_and_streams(self):
        image, mask = picture(1024, 640), picture(1024, 640, alpha=0)
        self.assertEqual(looks(await self.client.images.edit(**EDIT, image=image)), ["webp 1024x640"])
        self.assertEqual(looks(await self.client.images.edit(**EDIT, image=[image, image])), ["webp 1024x640"])
        self.assertEqual(looks(await self.client.images.edit(**EDIT, image=image, mask=mask)), ["webp 1024x640"])
        stream = await self.client.images.edit(**EDIT, image=image, stream=True, partial_images=1)
        self.assertEqual(
            [event.type async for event in stream], ["image_edit.partial_image", "image_edit.completed"]
        )

    async def test_variation(self):
        answer = await self.client.images.create_variation(image=picture(256, 256), size="256x256")
        self.assertEqual(looks(answer), ["png 256x256"])

    async def test_models_are_listed_and_retrieved(self):
        self.assertIn("gpt-image-2", [model.id async for model in self.client.models.list()])
        self.assertEqual((await self.client.models.retrieve("gpt-image-2")).id, "gpt-image-2")

    async def test_raw_responses(self):
        raw = await self.client.images.with_raw_response.generate(**SMALL)
        self.assertRegex(raw.headers["x-request-id"], "^req_")
        self.assertEqual(looks(raw.parse()), ["png 1024x640"])

    async def test_an_error_has_code_param_and_request_id(self):
        with self.assertRaises(openai.BadRequestError) as caught:
            await self.client.images.generate(model="gpt-image-2", prompt="a", size="1920x1080")
        self.assertEqual((caught.exception.code, caught.exception.param), ("invalid_value", "size"))
        self.assertRegex(caught.exception.request_id, "^req_")


class AsyncFailures(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.client = openai.AsyncOpenAI(base_url=FAILING_BASE_URL)

    async def asyncTearDown(self):
        await self.client.close()

    async def test_a_stream_that_breaks_off_raises_an_api_error(self):
        for word, code in [("error-event", "moderation_blocked"), ("cut-connection", "upstream_failed")]:
            with self.subTest(word):
                seen = []
                with self.assertRaises(openai.APIError) as caught:
                    stream = await self.client.images.generate(
                        model="gpt-image-2", prompt=please(word), stream=True
                    )
                    async for event in stream:
                        seen.append(event.type)
                self.assertEqual(seen, ["image_generation.partial_image"])
                self.assertEqual(caught.exception.code, code)

    async def test_an_ambiguous_failure_is_bought_once(self):
        before = orders()
        with self.assertRaises(openai.InternalServerError):
            await self.client.images.generate(model="gpt-image-2", prompt=please("reset"))
        self.assertEqual(orders() - before, 1)

    async def test_a_call_that_is_cancelled_is_bought_once(self):
        before = orders()
        with self.assertRaises(asyncio.TimeoutError):
            await asyncio.wait_for(self.client.images.generate(model="gpt-image-2", prompt=please("late")), 0.5)
        self.assertEqual(orders() - before, 1)
