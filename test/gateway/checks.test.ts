import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../helpers/eventually.ts'
import { startGateway } from '../helpers/gateway.ts'
import { picture } from '../helpers/images.ts'
import { answerJson, imageAnswer, scriptedUpstream } from '../helpers/upstream.ts'
import type { ErrorBody } from '../../src/errors/gateway-error.ts'
import type { TestGateway } from '../helpers/gateway.ts'
import type { ScriptedUpstream } from '../helpers/upstream.ts'

let upstream: ScriptedUpstream
let gateway: TestGateway

beforeAll(async () => {
  upstream = await scriptedUpstream(answerJson(imageAnswer()))
  gateway = await startGateway(upstream.url)
})
beforeEach(() => {
  upstream.received.length = 0
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

async function refusal(
  body: unknown,
  headers?: Record<string, string>,
): Promise<{ status: number; error: ErrorBody['error'] }> {
  const response = await gateway.post(body, headers)
  return { status: response.status, error: ((await response.json()) as ErrorBody).error }
}

describe('a refused request', () => {
  it('names the parameter and the allowed values, and makes no upstream call', async () => {
    const { status, error } = await refusal({ model: 'gpt-image-2', prompt: 'a', quality: 'hd' })
    expect(status).toBe(400)
    expect(error).toMatchObject({ type: 'invalid_request_error', code: 'invalid_value', param: 'quality' })
    expect(error.message).toBe(
      "Invalid value for 'quality': 'hd'. Supported values are: 'low', 'medium', 'high', and 'auto'.",
    )
    expect(upstream.received).toHaveLength(0)
  })

  it('reports all problems at once, the prompt first', async () => {
    const { error } = await refusal({ model: 'gpt-image-2', n: 11, size: '1920x1080', response_format: 'url', sise: 1 })
    expect(error.issues?.map(({ code, param }) => [code, param])).toEqual([
      ['missing_required_parameter', 'prompt'],
      ['invalid_value', 'n'],
      ['invalid_value', 'size'],
      ['unsupported_parameter', 'response_format'],
      ['unknown_parameter', 'sise'],
    ])
    expect(error).toMatchObject({
      code: 'missing_required_parameter',
      param: 'prompt',
      message: error.issues?.[0]?.message,
    })
  })

  it('says what was probably meant', async () => {
    const { error } = await refusal({ model: 'gpt-image-2', prompt: 'a', size: '1920x1080', qualty: 'low' })
    expect(error.issues?.[0]?.message).toContain("Did you mean '1920x1088'?")
    expect(error.issues?.[1]?.message).toBe("Unknown parameter: 'qualty'. Did you mean 'quality'?")
  })

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'with a parameter named %s is refused like any unknown one',
    async (name) => {
      const { status, error } = await refusal(`{"model":"gpt-image-2","prompt":"a","${name}":{"n":1}}`)
      expect(status).toBe(400)
      expect(error).toMatchObject({ code: 'unknown_parameter', param: name })
    },
  )

  it.each(['__proto__', 'constructor', 'toString'])(
    'for the model %s goes upstream as an unknown model, under the label other',
    async (model) => {
      const response = await gateway.post({ model, prompt: 'a' })
      expect(response.status).toBe(200)
      expect(await gateway.logOf(response)).toMatchObject({ model: 'other' })
    },
  )

  it('has a 404 that names the route of a model served elsewhere', async () => {
    const { status, error } = await refusal({ model: 'gemini-3-pro-image', prompt: 'a' })
    expect(status).toBe(404)
    expect(error).toMatchObject({ code: 'model_not_found', param: 'model' })
    expect(error.message).toContain('/v1beta/models/gemini-3-pro-image:generateContent')
  })

  it('does not let another spelling of a known model escape its rules', async () => {
    const { status, error } = await refusal({ model: 'GPT-Image-2 ', prompt: 'a', n: 99 })
    expect(status).toBe(404)
    expect(error.message).toContain("Did you mean 'gpt-image-2'?")
  })

  it('is counted by its reason', async () => {
    const before = await gateway.metric('comet_rejections_total', 'reason="invalid_value"')
    await gateway.post({ model: 'dall-e-3', prompt: 'a', n: 2 })
    await eventually('it is counted', async () =>
      expect(await gateway.metric('comet_rejections_total', 'reason="invalid_value"')).toBe(before + 1),
    )
  })
})

describe('a request that names no model', () => {
  it('has the assumed one named in its error and in a header', async () => {
    const response = await gateway.post({ prompt: 'a', n: 2 })
    const { error } = (await response.json()) as ErrorBody
    expect(response.status).toBe(400)
    expect(error).toMatchObject({
      param: 'n',
      message:
        "Invalid value for 'n': 2. Expected the integer 1. The request names no model, so 'dall-e-3' was assumed.",
    })
    expect(response.headers.get('x-gateway-defaulted-parameters')).toBe('model=dall-e-3')
  })

  it.each([{ model: null }, {}])('is told so once, in the first of its problems: %j', async (model) => {
    const { error } = await refusal({ ...model, n: 2, size: '1x1' })
    const assumed = error.issues?.map(({ message }) => message.includes("'dall-e-3' was assumed"))
    expect(assumed).toEqual([true, false, false])
  })

  it('is not told so where it names one', async () => {
    const response = await gateway.post({ model: 'dall-e-3', prompt: 'a', n: 2 })
    expect(((await response.json()) as ErrorBody).error.message).not.toContain('assumed')
    expect(response.headers.get('x-gateway-defaulted-parameters')).toBeNull()
  })

  it('is told so by an edit in JSON, and by the check', async () => {
    const edit = await gateway.post({ prompt: 'a', images: [{ file_id: 'file-1' }], n: 11 }, {}, '/v1/images/edits')
    expect(((await edit.json()) as ErrorBody).error.message).toContain("so 'gpt-image-2' was assumed")
    const checked = await gateway.post({ prompt: 'a', n: 2 }, {}, '/gateway/check')
    expect(await checked.text()).toContain("so 'dall-e-3' was assumed")
  })
})

describe('a parameter that could be dropped', () => {
  const REMEDY = "To leave it out, send the header 'x-gateway-parameter-policy: drop', or set PARAMETER_POLICY=drop."

  it.each([
    ['response_format', 'url', 'unsupported_parameter'],
    ['style', 'vivid', 'unsupported_parameter'],
    ['seed', 7, 'unknown_parameter'],
    ['qualty', 'low', 'unknown_parameter'],
  ])('is refused with the header and the setting that would drop it: %s', async (name, value, code) => {
    const { error } = await refusal({ model: 'gpt-image-2', prompt: 'a', [name]: value })
    expect(error).toMatchObject({ code, param: name })
    expect(error.message).toContain(REMEDY)
  })

  it('says so beside another problem too, and a bad value never does', async () => {
    const { error } = await refusal({ model: 'gpt-image-2', prompt: 'a', n: 11, response_format: 'url' })
    expect(error.issues?.map(({ message }) => message.includes(REMEDY))).toEqual([false, true])
  })
})

describe('the drop policy', () => {
  const drop = { 'x-gateway-parameter-policy': 'drop' }

  it('leaves out what the model does not take, names it in a header, and keeps every other byte of every number', async () => {
    const response = await gateway.post(
      '{"model":"gpt-image-2","response_format":"url","prompt":"a","n":1.0,"seed":12345678901234567890}',
      drop,
    )
    expect(response.status).toBe(200)
    expect(response.headers.get('x-gateway-dropped-parameters')).toBe('response_format, seed')
    expect(upstream.received[0]?.body.toString()).toBe('{"model":"gpt-image-2","prompt":"a","n":1.0}')
    await eventually('both are counted', async () => {
      const dropped = async (param: string): Promise<number> =>
        gateway.metric('comet_dropped_parameters_total', `model="gpt-image-2",param="${param}"`)
      expect([await dropped('response_format'), await dropped('other')]).toEqual([1, 1])
    })
  })

  it('never drops a bad value', async () => {
    const { status, error } = await refusal({ model: 'gpt-image-2', prompt: 'a', n: 'two', style: 'vivid' }, drop)
    expect(status).toBe(400)
    expect(error.issues).toHaveLength(1)
    expect(error).toMatchObject({ code: 'invalid_type', param: 'n' })
  })

  it('writes names into the header percent-encoded, so that they cannot say anything else', async () => {
    const response = await gateway.post({ model: 'gpt-image-2', prompt: 'a', 'style, é: b': 1, '☃': 2 }, drop)
    expect(response.status).toBe(200)
    expect(response.headers.get('x-gateway-dropped-parameters')).toBe('style%2C%20%C3%A9%3A%20b, %E2%98%83')
  })

  it('must be spelled right', async () => {
    const { status, error } = await refusal(
      { model: 'gpt-image-2', prompt: 'a' },
      { 'x-gateway-parameter-policy': 'lenient' },
    )
    expect(status).toBe(400)
    expect(error.code).toBe('invalid_header')
  })
})

describe('response_format b64_json of a model that answers in base64 alone', () => {
  const BASE64 = ['gpt-image-1', 'gpt-image-1.5', 'chatgpt-image-latest', 'gpt-image-2', 'gpt-image-2.6-flare']

  it.each(BASE64)('is left out of an order of %s and named, under the strict policy too', async (model) => {
    const response = await gateway.post({ model, prompt: 'a', response_format: 'b64_json' })
    expect(response.status).toBe(200)
    expect(response.headers.get('x-gateway-dropped-parameters')).toBe('response_format')
    expect(JSON.parse(upstream.received[0]?.body.toString() ?? '')).toEqual({ model, prompt: 'a' })
  })

  it('is left out of an edit, in a form and in JSON', async () => {
    const form = new FormData()
    for (const [name, value] of [
      ['model', 'gpt-image-2'],
      ['prompt', 'a'],
      ['response_format', 'b64_json'],
    ] as const)
      form.append(name, value)
    form.append('image', new Blob([await picture(64, 64)]), 'a.png')
    const response = await fetch(`${gateway.url}/v1/images/edits`, { method: 'POST', body: form })
    expect(response.headers.get('x-gateway-dropped-parameters')).toBe('response_format')
    expect(upstream.received[0]?.body.includes('response_format')).toBe(false)
    const json = { model: 'gpt-image-2', prompt: 'a', images: [{ file_id: 'file-1' }], response_format: 'b64_json' }
    expect((await gateway.post(json, {}, '/v1/images/edits')).status).toBe(200)
  })

  it('is announced by the check', async () => {
    const answer = await gateway.post(
      { model: 'gpt-image-2', prompt: 'a', response_format: 'b64_json' },
      {},
      '/gateway/check',
    )
    expect(await answer.json()).toMatchObject({ valid: true, dropped_parameters: ['response_format'] })
  })

  it.each(['url', 'file', 7])('with another value stays a refusal: %j', async (response_format) => {
    const { status, error } = await refusal({ model: 'gpt-image-2', prompt: 'a', response_format })
    expect([status, error.code, error.param]).toEqual([400, 'unsupported_parameter', 'response_format'])
  })

  it('goes upstream where the model takes it', async () => {
    await gateway.post({ model: 'dall-e-3', prompt: 'a', response_format: 'b64_json' })
    expect(upstream.received[0]?.body.toString()).toContain('b64_json')
  })
})

describe('checks', () => {
  const check = { model: 'gpt-image-2', prompt: 'a' }
  const [alice, bob] = ['sk-alice-0123456789abcdef', 'sk-bob-0123456789abcdef'] as const
  const by = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` })

  it('have a limit per minute of their own, for each caller, in front of the body', async () => {
    const limited = await startGateway(upstream.url, {
      CHECK_RATE_LIMIT_RPM: '2',
      RATE_LIMIT_RPM: '1',
      GATEWAY_KEYS: `alice=${alice},bob=${bob}`,
    })
    try {
      const statusesOf = async (key: string, paths: readonly string[]): Promise<number[]> => {
        const statuses: number[] = []
        for (const path of paths) statuses.push((await limited.post(check, by(key), path)).status)
        return statuses
      }
      const all = ['/gateway/check', '/gateway/check/edits', '/gateway/check', '/gateway/check/edits']
      expect(await statusesOf(alice, all)).toEqual([200, 200, 429, 429])
      expect(await statusesOf(bob, all)).toEqual([200, 200, 429, 429])
      const refused = await limited.post('no JSON at all', by(alice), '/gateway/check')
      expect(refused.status).toBe(429)
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(await refused.json()).toMatchObject({ error: { code: 'rate_limit_exceeded' } })
      // Neither limit counts what the other does.
      expect(await statusesOf(alice, ['/v1/images/generations', '/v1/images/generations'])).toEqual([200, 429])
    } finally {
      await limited.close()
    }
  })

  it('are not limited where the limit is 0', async () => {
    const free = await startGateway(upstream.url, { CHECK_RATE_LIMIT_RPM: '0' })
    try {
      const answers = await Promise.all(Array.from({ length: 50 }, async () => free.post(check, {}, '/gateway/check')))
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    } finally {
      await free.close()
    }
  })

  it('say that a body is too large, as of any other that would be refused', async () => {
    const small = await startGateway(upstream.url, { MAX_BODY_BYTES: '2048' })
    try {
      const answer = await small.post({ ...check, user: 'x'.repeat(3000) }, {}, '/gateway/check')
      expect([answer.status, await answer.json()]).toMatchObject([
        200,
        { valid: false, error: { code: 'request_too_large' } },
      ])
    } finally {
      await small.close()
    }
  })
})
