import { access, writeFile } from 'node:fs/promises'
import { dirname, extname, resolve } from 'node:path'
import closeWithGrace from 'close-with-grace'
import { createApp } from '../../app/app.ts'
import { environmentWith, loadEnvFile, readConfig } from '../../config/config.ts'
import { systemCode } from '../../errors/system-error.ts'
import { startProgress } from '../progress.ts'
import type { App } from '../../app/app.ts'
import type { Config } from '../../config/config.ts'

export interface DemoOptions {
  /** Exit after the picture instead of serving on. */
  readonly once?: boolean | undefined
  /** The file of the picture; its ending chooses the format: png, jpeg or webp. */
  readonly out?: string | undefined
  readonly prompt?: string | undefined
}

const PROMPT = 'A paper boat floating on calm water at sunrise.'
const MODEL = 'gpt-image-2'
const FORMATS = new Map([
  ['.png', 'png'],
  ['.jpg', 'jpeg'],
  ['.jpeg', 'jpeg'],
  ['.webp', 'webp'],
] as const)
/** The series that the demo's one request counts in. */
const SHOWN_METRICS = /^comet_(requests_total|tokens_total|images_total|cost_usd_total)\{/

/** Starts the gateway with the offline sandbox and sends one request through it, as an OpenAI client would. */
export async function demo({ once = false, out = 'demo.png', prompt = PROMPT }: DemoOptions): Promise<void> {
  const OpenAI = await loadOpenAI()
  const file = resolve(out)
  const format = formatOf(file)
  await access(dirname(file)) // before a picture is made that could not be saved
  loadEnvFile()
  // The sandbox costs nothing, so there is nothing to book.
  const forFree = { SANDBOX: 'true', DATABASE: 'false' }
  const config = readConfig(environmentWith({ ...forFree, ...(once ? { PORT: '0', LOG_LEVEL: 'warn' } : {}) }))
  const app = await createApp(config)
  const baseURL = `${await listen(app, config)}/v1`
  console.log(`The gateway listens on ${baseURL}, with an offline CometAPI behind it: no key, no cost.\n`)

  const apiKey = config.GATEWAY_KEYS?.[0]?.key ?? 'not-needed'
  const client = new OpenAI({ baseURL, apiKey })
  console.log(`  client.images.generate({ model: '${MODEL}', prompt: '${prompt}' })`)
  const progress = startProgress('waiting for the picture')
  const answer = await client.images
    .generate({ model: MODEL, prompt, size: '1024x1024', quality: 'medium', output_format: format })
    .finally(() => progress.stop())

  const picture = Buffer.from(answer.data?.[0]?.b64_json ?? '', 'base64')
  await writeFile(file, picture)
  console.log(`  saved    ${file} (${Math.round(picture.length / 1024)} KB, ${answer.size})`)
  console.log(`  tokens   ${answer.usage?.input_tokens} in, ${answer.usage?.output_tokens} out`)
  await printMetrics(baseURL.replace(/\/v1$/, ''), config)
  if (once) return app.close()

  console.log(`\nTry it yourself, the gateway goes on serving (Ctrl-C stops it):\n\n${curlLine(baseURL, config)}\n`)
  closeWithGrace({ delay: config.DRAIN_TIMEOUT_MS, logger: false }, () => app.close())
}

/** The SDK is a development dependency: the demo is the only part of the product that needs it. */
async function loadOpenAI() {
  try {
    return (await import('openai')).default
  } catch (cause) {
    throw Object.assign(new Error('the demo needs the openai package: npm install openai', { cause }), {
      code: 'NO_OPENAI',
    })
  }
}

/** Listens on the configured port, or on a free one where it is taken. */
async function listen({ server }: App, { HOST: host, PORT: port }: Config): Promise<string> {
  try {
    return await server.listen({ host, port })
  } catch (error) {
    if (systemCode(error) !== 'EADDRINUSE') throw error
    console.log(`Port ${port} is taken, so the demo uses another one.`)
    return server.listen({ host, port: 0 })
  }
}

function formatOf(file: string): 'png' | 'jpeg' | 'webp' {
  const format = [...FORMATS].find(([ending]) => ending === extname(file).toLowerCase())?.[1]
  if (format === undefined)
    throw Object.assign(new Error(`--out must end in ${[...FORMATS.keys()].join(', ')}`), { code: 'BAD_OUT' })
  return format
}

async function printMetrics(base: string, { METRICS_TOKEN }: Config): Promise<void> {
  const headers: Record<string, string> =
    METRICS_TOKEN === undefined ? {} : { authorization: `Bearer ${METRICS_TOKEN}` }
  const text = await (await fetch(`${base}/metrics`, { headers })).text()
  const lines = text.split('\n').filter((line) => SHOWN_METRICS.test(line) && !line.endsWith(' 0'))
  const cost = lines
    .find((line) => line.startsWith('comet_cost_usd_total'))
    ?.split(' ')
    .at(-1)
  if (cost !== undefined) console.log(`  cost     $${cost} at list price (the sandbox charges nothing)`)
  console.log(`\nThe same in ${base}/metrics:\n\n${lines.map((line) => `  ${line}`).join('\n')}`)
}

/** A command that works as it is: it sends a request and takes the picture out of the answer. */
function curlLine(baseURL: string, { GATEWAY_KEYS = [] }: Config): string {
  const key = GATEWAY_KEYS.length === 0 ? '' : ` -H 'authorization: Bearer YOUR_KEY'`
  const body = `{"model": "${MODEL}", "prompt": "A lighthouse in a storm", "size": "1536x1024"}`
  return `  curl -s ${baseURL}/images/generations${key} -H 'content-type: application/json' \\\n    -d '${body}' | sed 's/.*"b64_json": *"\\([^"]*\\)".*/\\1/' | base64 -d > lighthouse.png`
}
