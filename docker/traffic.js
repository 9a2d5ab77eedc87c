// Orders for the sandbox, one every few seconds, so that the dashboard of docker/compose.yaml has something to show:
// several keys, models and sizes, a typo now and then, a repeated order. Never point it at a gateway with a real key.
const { GATEWAY_URL = 'http://127.0.0.1:8080', ADMIN_KEY = '', PAUSE_MS = '2000', ROUNDS = 'Infinity' } = process.env
const NAMES = ['alice', 'bob', 'carol']
const KINDS = [
  { model: 'gpt-image-2', size: '1024x1024', quality: 'low' },
  { model: 'gpt-image-2', size: '1536x1024', quality: 'medium' },
  { model: 'dall-e-3', size: '1024x1024' },
  { model: 'gpt-image-2', quality: 'low', stream: true, partial_images: 1 },
  { model: 'gpt-image-2', size: '17x3' }, // refused: no model makes it
  { model: 'dall-e-3', background: 'transparent' }, // left out under the drop policy
]

async function post(path, key, body, headers = {}) {
  const response = await fetch(GATEWAY_URL + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  return { status: response.status, text: await response.text() }
}

/** A key of a name that is new in each run: the secret of an older one is not to be had again. */
async function issuedKey(name) {
  const budget = { usd: 5, period: 'day' }
  const { status, text } = await post('/gateway/keys', ADMIN_KEY, {
    name: `${name}-${Date.now().toString(36)}`,
    budget,
  })
  if (status !== 201) throw new Error(`no key was made: ${status} ${text}`)
  return JSON.parse(text).secret
}

/** An order; the sandbox fails some of them, also in the middle of an answer, which the dashboard is to show. */
async function order(...request) {
  await post('/v1/images/generations', ...request).catch(() => {})
}

const keys = await Promise.all(NAMES.map(issuedKey))
for (let round = 0; round < Number(ROUNDS); round++) {
  const key = keys[round % keys.length]
  const body = { prompt: `A paper boat, number ${Date.now()}`, ...KINDS[round % KINDS.length] }
  const headers = { 'x-gateway-parameter-policy': 'drop' }
  await order(key, body, headers)
  // As an SDK does that has lost its answer: nothing is bought for it.
  if (round % 3 === 0) await order(key, body, { ...headers, 'x-stainless-retry-count': '1' })
  await new Promise((resolve) => setTimeout(resolve, Number(PAUSE_MS)))
}
