/** node command-line.js PROGRAM: curl or wget, which know nothing of the API. */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { apiKey, baseURL, converse } from './conversation.js'

/** Arguments for a call. */
const PROGRAMS = {
  curl: ({ path, body, form, headers, timeoutMs, retries, answer }) => [
    '--silent',
    '--show-error',
    '--fail-with-body',
    '--output', // where a retry begins anew
    answer,
    ...headers.flatMap((header) => ['--header', header]),
    ...(form ?? ['--header', 'content-type: application/json', '--data', body]),
    ...(timeoutMs ? ['--max-time', String(timeoutMs / 1000)] : []),
    ...(retries ? ['--retry', String(retries)] : []),
    baseURL + path,
  ],
  wget: ({ path, body, headers, timeoutMs, retries = 0, answer }) => [
    '--quiet',
    '--content-on-error',
    `--output-document=${answer}`,
    ...headers.map((header) => `--header=${header}`),
    '--header=content-type: application/json',
    `--post-data=${body}`,
    ...(timeoutMs ? [`--read-timeout=${timeoutMs / 1000}`] : []),
    `--tries=${retries + 1}`,
    baseURL + path,
  ],
}
const program = process.argv[2]

async function run(options) {
  const child = spawn(program, PROGRAMS[program](options), { stdio: ['ignore', 'ignore', 'pipe'] })
  const said = await text(child.stderr)
  return { said, answer: await readFile(options.answer, 'utf8').catch(() => '') }
}

function outcomeOf({ answer, said }) {
  if (answer === '') throw new Error(said === '' ? 'no answer' : said)
  if (!answer.startsWith('{')) return eventsIn(answer)
  const { data, error } = JSON.parse(answer)
  return error === undefined ? { images: data.map((picture) => picture.b64_json) } : { error }
}

function eventsIn(answer) {
  const events = answer.split('\n').filter((line) => line.startsWith('data: '))
  const seen = events.map((line) => JSON.parse(line.slice('data: '.length)))
  const of = (type) => seen.filter((event) => event.type === `image_generation.${type}`)
  return { images: of('completed').map((event) => event.b64_json), partials: of('partial_image').length }
}

await converse(async ({ call, model, prompt, fields, image, headers = {}, ...options }) => {
  const directory = await mkdtemp(join(tmpdir(), 'comet-client-'))
  const streaming = call === 'stream' ? { stream: true, partial_images: 1 } : {}
  const parameters = { model, prompt, ...fields, ...streaming }
  const form = Object.entries(parameters).flatMap(([name, value]) => ['--form-string', `${name}=${value}`])
  const sent = {
    ...options,
    answer: join(directory, 'answer'),
    path: call === 'edit' ? '/images/edits' : '/images/generations',
    body: JSON.stringify(parameters),
    ...(call === 'edit' && { form: [...form, '--form', `image=@${image}`] }),
    headers: Object.entries({ authorization: `Bearer ${apiKey}`, ...headers }).map((header) => header.join(': ')),
  }
  try {
    return outcomeOf(await run(sent))
  } finally {
    await rm(directory, { recursive: true })
  }
})
