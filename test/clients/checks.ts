import { eventually } from '../helpers/eventually.ts'
import { look } from '../sandbox/pixels.ts'
import type { GatewayProcess } from '../helpers/gateways/gateway-process.ts'
import type { Ability, Client } from './clients.ts'
import type { Driver, Outcome, Task } from './driver.ts'
import type { CountingUpstream } from './upstream.ts'

/** A client, and the gateway and upstream that it is tried against. */
export interface Trial {
  readonly client: Client
  readonly driver: Driver
  readonly gateway: GatewayProcess
  readonly upstream: CountingUpstream
  /** Path of a picture to edit. */
  readonly image: string
}

export interface Check {
  /** A sentence about the client. */
  readonly name: string
  readonly needs: readonly Ability[]
  /** @param prompt of this check alone @throws Error that says what is wrong */
  readonly run: (trial: Trial, prompt: string) => Promise<void>
}

const PICTURE = 'png 1024x1024'
/** Long enough for an order to arrive upstream. */
const ATTEMPT_MS = 2000
const MOST_TRIES = 5
/** The gateway repeats an ambiguous failure for 15 s; a client's own pauses add up to 6 s. */
const REPEATED_MS = 6000

export const CHECKS: readonly Check[] = [
  {
    name: 'generates a picture in base64',
    needs: [],
    run: async (trial, prompt) => {
      await expectPicture(await trial.driver.run(generation(trial, prompt)))
      expectOrders(trial, prompt, 1)
    },
  },
  {
    name: 'may ask for base64 by name',
    needs: ['response_format'],
    run: async (trial, prompt) => {
      await expectPicture(await trial.driver.run(generation(trial, prompt, { response_format: 'b64_json' })))
      expectOrders(trial, prompt, 1)
    },
  },
  {
    name: 'edits a picture that it uploads',
    needs: ['edit'],
    run: async (trial, prompt) => {
      const { image } = trial
      await expectPicture(await trial.driver.run({ ...generation(trial, prompt), call: 'edit', image }))
      expectOrders(trial, prompt, 1)
    },
  },
  {
    name: 'streams a partial picture and the whole one',
    needs: ['stream'],
    run: async (trial, prompt) => {
      const outcome = await trial.driver.run({ ...generation(trial, prompt), call: 'stream' })
      await expectPicture(outcome)
      expectEqual('partial pictures', outcome.partials, 1)
      expectOrders(trial, prompt, 1)
    },
  },
  {
    name: 'shows what is wrong with a parameter, and buys nothing',
    needs: [],
    run: async (trial, prompt) => {
      const { error } = await trial.driver.run(generation(trial, prompt, { size: '1000x1001' }))
      if (!/size.*1000x1001/s.test(error?.message ?? '')) throw new Error(`the error does not say it: ${show(error)}`)
      if (typeof error?.status === 'number' && error.status !== 0) expectEqual('status', error.status, 400)
      expectOrders(trial, prompt, 0)
    },
  },
  {
    name: 'buys once where a 500 leaves open whether the picture was made, however often it tries',
    needs: [],
    run: async (trial, prompt) => {
      const task = { ...generation(trial, `${prompt} please fail`), ...retries(trial, 2) }
      const started = performance.now()
      for (let tries = 0; tries < 3 && performance.now() - started < REPEATED_MS; tries++) {
        const { error } = await trial.driver.run(task)
        if (!/image may exist/.test(error?.message ?? '')) throw new Error(`the error does not say it: ${show(error)}`)
      }
      expectOrders(trial, prompt, 1)
    },
  },
  {
    name: 'gets the picture that it had given up on, bought once',
    needs: ['timeout'],
    run: async (trial, prompt) => {
      const task = generation(trial, `${prompt} please wait`)
      const released = releaseWhenLeft(trial)
      const outcome = await trial.driver.run({ ...task, timeoutMs: ATTEMPT_MS, ...retries(trial, MOST_TRIES) })
      await released
      await expectPicture(outcome.error === undefined ? outcome : await askAgain(trial, task))
      expectOrders(trial, prompt, 1)
    },
  },
  {
    name: 'waits for a 429 as long as it says, and then buys once',
    needs: [],
    run: async (trial, prompt) => {
      await expectPicture(await untilPicture(trial, generation(trial, `${prompt} please be busy`)))
      expectOrders(trial, prompt, 2) // the first is the one refused
    },
  },
  {
    name: 'gets the same picture for the same Idempotency-Key',
    needs: ['header'],
    run: async (trial, prompt) => {
      const task = { ...generation(trial, prompt), headers: { 'Idempotency-Key': encodeURIComponent(prompt) } }
      const [one, two] = [await trial.driver.run(task), await trial.driver.run(task)]
      await expectPicture(one)
      expectEqual('the second picture', one.images?.[0] === two.images?.[0], true)
      expectOrders(trial, prompt, 1)
    },
  },
]

function generation({ client }: Trial, prompt: string, fields: Task['fields'] = {}): Task {
  const own = { size: '1024x1024', quality: 'low', ...client.fields }
  return { call: 'generate', model: client.model ?? 'gpt-image-2', prompt, fields: { ...own, ...fields } }
}

function retries({ client }: Trial, most: number): Pick<Task, 'retries'> {
  return client.can.includes('retry') ? { retries: most } : {}
}

/** Asks again by hand, as the caller of a client does that gives up at once or too early. */
async function untilPicture({ driver }: Trial, task: Task): Promise<Outcome> {
  let outcome = await driver.run(task)
  for (let tries = 1; tries < MOST_TRIES && outcome.error !== undefined; tries++) outcome = await driver.run(task)
  return outcome
}

/** The caller's own retry, after the picture is there. */
async function askAgain({ driver, gateway }: Trial, task: Task): Promise<Outcome> {
  await eventually('the picture is there', async () => (await gateway.metric('comet_in_flight')) === 0)
  return driver.run(task)
}

/** Lets the picture be made once the client's first attempt has ended. */
async function releaseWhenLeft({ gateway, upstream }: Trial): Promise<void> {
  const adoptions = await gateway.metric('comet_adoptions_total')
  await eventually('the client gives up', async () => {
    const isOrphan = (await gateway.metric('comet_orphans')) > 0
    return isOrphan || (await gateway.metric('comet_adoptions_total')) > adoptions
  })
  upstream.release()
}

async function expectPicture({ images = [], error }: Outcome): Promise<void> {
  if (error !== undefined) throw new Error(`an error instead of a picture: ${show(error)}`)
  expectEqual('pictures', images.length, 1)
  expectEqual('the picture', await look(Buffer.from(images[0] ?? '', 'base64')), PICTURE)
}

function expectOrders({ upstream }: Trial, prompt: string, expected: number): void {
  expectEqual('orders upstream', upstream.orders(prompt), expected)
}

function expectEqual(what: string, given: unknown, expected: unknown): void {
  if (given !== expected) throw new Error(`${what}: ${String(given)} instead of ${String(expected)}`)
}

function show(error: Outcome['error']): string {
  return error === undefined ? 'there is none' : JSON.stringify(error).slice(0, 1000)
}
