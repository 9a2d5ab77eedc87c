import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { checkedSettings } from '../../src/access/keys/key-settings.ts'
import { VirtualKeys } from '../../src/access/keys/virtual-keys.ts'
import { Store } from '../../src/stores/sqlite/store.ts'
import { clientOf, UPSTREAM_KEY } from '../../test/helpers/gateways/gateway-client.ts'
import { launchGateway } from '../../test/helpers/gateways/gateway-process.ts'
import { canMount, MountedDisk } from '../../test/helpers/mounted-disk.ts'
import { Audit } from './audit.ts'
import { Dice } from './random.ts'
import { countingUpstream } from './upstream.ts'
import type { GatewayProcess } from '../../test/helpers/gateways/gateway-process.ts'
import type { BudgetedKey } from './audit.ts'

/**
 * npm run kills [-- --runs 1000] [-- --short] [--seed N]: a gateway is killed at random moments under load and started
 * again, its ledger is compared with the orders that the upstream counted, and orders that were bought and not answered
 * come again with their Idempotency-Keys: none is bought twice. The gateway has few descriptors and, where this user may
 * mount, a small disk; the upstream repeats the upstream key, which must come out nowhere.
 */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    short: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
  },
})
const RUNS = values.short ? 10 : Number(values.runs)
const CLIENTS = 16
/** For 16 clients and as many connections upstream. */
const OPEN_FILES = 96
/** For the file, its log and two megabytes for each thousand kills' rows. */
const DISK_MB = 64
const PRICE_MICROS = 10_000
const IMAGES = 2
/** Pays for 15 orders at their highest cost. */
const TIGHT_MICROS = 15 * IMAGES * PRICE_MICROS + PRICE_MICROS
const DIED = 'a process died: what it had under way is booked at its highest cost'
/** The share of kills that come while the gateway starts and books the holds of the last one. */
const KILLED_AT_START = 0.15

const dice = new Dice(Number(values.seed))
const directory = mkdtempSync(join(tmpdir(), 'comet-kills-'))
const upstream = await countingUpstream(new Dice(Number(values.seed) + 1))
const disk = canMount() ? new MountedDisk(directory) : undefined
disk?.mount(`size=${DISK_MB}m`)
const dataDir = disk?.path ?? join(directory, 'data')
mkdirSync(dataDir, { recursive: true, mode: 0o700 })
const store = Store.forCommand(dataDir, { create: true })
const audit = new Audit(store, PRICE_MICROS)
const modelsFile = join(directory, 'models.json')
const models = { 'kill-*': { like: 'dall-e-2', price: { usd_per_image: PRICE_MICROS / 1e6 } } }
writeFileSync(modelsFile, JSON.stringify({ models }))
const environment = { DATA_DIR: dataDir, MODELS_FILE: modelsFile, COMETAPI_BASE_URL: upstream.url, LOG_LEVEL: 'info' }
const wide = await newKey('wide', 1e12)

console.log(`${RUNS} kills, seed ${values.seed}, in ${directory}`)
let kills = 0
let killedAtStart = false
/** Orders counted upstream that were compared. */
let audited = 0
/** Orders whose gateway was killed before they had their answer. */
const unanswered: { body: { model: string }; headers: Record<string, string> }[] = []
let retried = 0
const startedAt = performance.now()
let reportedAt = startedAt
let tight: Awaited<ReturnType<typeof newKey>> | undefined
for (let index = 0; index < RUNS && audit.problems.length === 0; index++) await run()
const last = launchGateway(environment, { openFiles: OPEN_FILES })
await last.url
check(last)
last.signal('SIGTERM')
if ((await last.ended()) !== 0) audit.problems.push('the last gateway did not stop cleanly')
const sums = store.reports.usage({ by: 'key', sinceDay: 0 })
const summed = sums.reduce((all, { generations }) => all + generations, 0)
if (summed !== audit.rows) audit.problems.push(`the totals have ${summed} generations, the ledger ${audit.rows}`)
store.close()
await upstream.close()
reportProgress()
for (const problem of audit.problems) console.error(`  ${problem}`)
if (audit.problems.length > 0) {
  console.error(`Failed; the file is in ${directory}. Again: npm run kills -- --seed ${values.seed}`)
  process.exit(1)
}
disk?.unmount()
rmSync(directory, { recursive: true })

/** Starts a gateway, audits the ledger, loads the gateway, kills it. */
async function run(): Promise<void> {
  const gateway = launchGateway(environment, { openFiles: OPEN_FILES })
  if (dice.chance(KILLED_AT_START)) {
    await sleep(dice.between(0, 500))
    killedAtStart = true
    return kill(gateway)
  }
  const url = await gateway.url
  check(gateway)
  killedAtStart = false
  await retry(url)
  tight = await newKey(`tight-${kills}`, TIGHT_MICROS)
  const control = new AbortController()
  const clients = Array.from({ length: CLIENTS }, (_, index) => client(url, index, control.signal))
  await sleep(dice.between(5, 300))
  await kill(gateway)
  control.abort()
  await Promise.all(clients)
}

async function kill(gateway: Pick<GatewayProcess, 'signal' | 'ended' | 'output'>): Promise<void> {
  gateway.signal('SIGKILL')
  await gateway.ended()
  look(gateway.output(), 'the log')
  for (const file of readdirSync(dataDir))
    if (file.startsWith('gateway.db')) look(readFileSync(join(dataDir, file)), file)
  kills++
  if (performance.now() - reportedAt < 5000) return
  reportedAt = performance.now()
  reportProgress()
}

/** The upstream key is in nothing that a gateway writes. */
function look(text: string | Buffer, place: string): void {
  if (text.includes(UPSTREAM_KEY)) audit.problems.push(`the upstream key came out in ${place}`)
}

/** Audits the orders since the last audit: the upstream keeps all that it has counted. */
function check(gateway: Pick<GatewayProcess, 'logged'>): void {
  const counted = new Map([...upstream.counted].slice(audited))
  audited = upstream.counted.size
  const lines = gateway.logged(DIED) as { generations: { generationId: string }[] }[]
  const logged = killedAtStart
    ? undefined
    : lines.flatMap(({ generations }) => generations.map((one) => one.generationId))
  audit.compare({ counted, logged }, tight === undefined ? [wide.budgeted] : [wide.budgeted, tight.budgeted])
}

/** Sends the orders again that were bought and not answered: with their keys they are a 409, and nothing is bought. */
async function retry(url: string): Promise<void> {
  const bought = unanswered.splice(0).filter(({ body }) => upstream.bought.has(body.model))
  for (const { body, headers } of bought) {
    const answer = await clientOf(url).post(body, headers)
    const text = await answer.text()
    if (answer.status !== 409 || !text.includes('answer_not_kept'))
      audit.problems.push(`${body.model} came again and got ${answer.status} ${text.slice(0, 200)}`)
  }
  if (upstream.boughtTwice.length > 0) audit.problems.push(`bought again: ${upstream.boughtTwice.join(', ')}`)
  retried += bought.length
}

/** A client that orders until the gateway is gone, and leaves some answers unread. */
async function client(url: string, index: number, signal: AbortSignal): Promise<void> {
  for (let order = 0; !signal.aborted; order++) {
    const key = tight !== undefined && index % 4 === 0 ? tight : wide
    const body = { model: `kill-${kills}-${index}-${order}`, prompt: 'A paper boat', n: IMAGES, size: '256x256' }
    // A plain client has no Idempotency-Key: its order is in the ledger like any other, and it does not come again.
    const isPlain = index % 4 === 1
    const headers = { ...key.headers, ...(isPlain ? {} : { 'idempotency-key': body.model }) }
    const leaving = dice.chance(0.1) ? sleep(dice.between(0, 40)).then(() => undefined) : undefined
    const answered = clientOf(url)
      .post(body, headers)
      .then(async (answer) => answer.arrayBuffer())
    const isGone = await Promise.race([answered.then(() => false), ...(leaving === undefined ? [] : [leaving])]).catch(
      () => true,
    )
    if (isGone === true) {
      if (!isPlain) unanswered.push({ body, headers })
      return
    }
    answered.catch(() => {})
  }
}

async function newKey(
  name: string,
  limitMicros: number,
): Promise<{ budgeted: BudgetedKey; headers: Record<string, string> }> {
  const settings = checkedSettings({ name, budget: { limitMicros, period: 'total' } })
  const { key, secret } = await new VirtualKeys(store.keys).create(settings, Date.now())
  const budgeted = { id: key.id, name, limitMicros, bookedMicros: 0 }
  return { budgeted, headers: { authorization: `Bearer ${secret}` } }
}

function reportProgress(): void {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
  const facts = `${upstream.counted.size} generations counted, ${audit.rows} rows, ${audit.abandoned} of them abandoned, ${retried} sent again`
  console.log(`  ${kills} of ${RUNS} kills, ${seconds} s: ${facts}, ${audit.problems.length} problems`)
}
