import { Agent, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { latencies } from './figures.ts'
import { bodyOf } from './generator.ts'
import type { Figures } from './figures.ts'
import type { GeneratorTask } from './generator.ts'

/** A program of its own, see GeneratedLoad: makes one load and prints its figures as JSON. Its argument is a GeneratorTask. */
const task = JSON.parse(process.argv[2] ?? '') as GeneratorTask
const body = bodyOf(task)
const headers = { ...task.headers, 'content-length': String(body.length) }
/** Connections of a crowd are opened in groups: thousands in one turn would wait in the kernel's queue. */
const GROUP = 100
const GROUP_EVERY_MS = 10
const SPIN_MS = 1

interface Answer {
  /** Milliseconds on this process's clock. */
  readonly endedAt: number
  readonly bytes: number
  /** Milliseconds from the sending of the first event to its last byte. */
  readonly firstEventMs: number
}

function send(agent: Agent | false, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(task.url, { method: 'POST', headers, agent, signal })
    outgoing.once('error', reject)
    outgoing.once('response', (response) => {
      let bytes = 0
      const firstEvent = new FirstEvent()
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (isFirstEvent) firstEvent.read(chunk)
      })
      response.once('error', reject)
      response.once('end', () => {
        if (response.statusCode !== 200) return reject(new Error(`status ${response.statusCode}`))
        resolve({ endedAt: performance.now(), bytes, firstEventMs: firstEvent.milliseconds })
      })
    })
    outgoing.end(body)
  })
}

/** Finds the end of the first event, and the moment of its sending inside of it. */
class FirstEvent {
  milliseconds = Number.NaN
  #head = ''
  #endsWithLf = false

  read(chunk: Buffer): void {
    if (!Number.isNaN(this.milliseconds)) return
    if (this.#head.length < 256) this.#head += chunk.toString('latin1', 0, 256)
    const isEnd = (this.#endsWithLf && chunk[0] === 0x0a) || chunk.includes('\n\n')
    this.#endsWithLf = chunk.at(-1) === 0x0a
    if (!isEnd) return
    const sentAt = /"sent_at":"(\d+)"/.exec(this.#head)?.[1]
    if (sentAt !== undefined) this.milliseconds = Number(process.hrtime.bigint() - BigInt(sentAt)) / 1e6
  }
}

const isFirstEvent = task.load.kind === 'open' && task.load.isFirstEvent === true

async function openLoop(perSecond: number, seconds: number): Promise<Figures> {
  const agent = new Agent({ keepAlive: true })
  const controller = new AbortController()
  const count = Math.round(perSecond * seconds)
  const startedAt = performance.now() + 20
  const answers: Promise<{ answer: Answer; ms: number }>[] = []
  for (let index = 0; index < count; index++) {
    const intendedAt = startedAt + (index * 1000) / perSecond
    await until(intendedAt)
    const answer = send(agent, controller.signal)
    answers.push(
      answer.then((one) => ({ answer: one, ms: isFirstEvent ? one.firstEventMs : one.endedAt - intendedAt })),
    )
    answers.at(-1)?.catch(() => {}) // counted when all are there
  }
  const figures = await figuresOf(answers, controller, startedAt)
  agent.destroy()
  return figures
}

async function atOnce(count: number): Promise<Figures> {
  const controller = new AbortController()
  const startedAt = performance.now()
  const answers: Promise<{ answer: Answer; ms: number }>[] = []
  for (let index = 0; index < count; index++) {
    if (index > 0 && index % GROUP === 0) await delay(GROUP_EVERY_MS)
    const sentAt = performance.now()
    answers.push(send(false, controller.signal).then((answer) => ({ answer, ms: answer.endedAt - sentAt })))
    answers.at(-1)?.catch(() => {}) // counted when all are there
  }
  return figuresOf(answers, controller, startedAt)
}

async function figuresOf(
  answers: readonly Promise<{ answer: Answer; ms: number }>[],
  controller: AbortController,
  startedAt: number,
): Promise<Figures> {
  const timer = setTimeout(() => controller.abort(), task.patienceMs)
  const settled = await Promise.allSettled(answers)
  clearTimeout(timer)
  const good = settled.flatMap((one) => (one.status === 'fulfilled' && !Number.isNaN(one.value.ms) ? [one.value] : []))
  return {
    requests: settled.length,
    errors: settled.length - good.length,
    seconds: (performance.now() - startedAt) / 1000,
    megabytes: good.reduce((sum, { answer }) => sum + answer.bytes, 0) / 1e6,
    ...latencies(good.map(({ ms }) => ms)),
  }
}

/** A timer is up to a millisecond late: the rest of the time passes in turns of the event loop. */
async function until(moment: number): Promise<void> {
  const rest = moment - performance.now()
  if (rest > SPIN_MS) await delay(rest - SPIN_MS)
  while (performance.now() < moment) await new Promise(setImmediate)
}

const { load } = task
const figures = load.kind === 'open' ? await openLoop(load.perSecond, load.seconds) : await atOnce(load.count)
process.stdout.write(JSON.stringify(figures))
