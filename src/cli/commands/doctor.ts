import { accessSync, constants, existsSync, statfsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { leftMicros, perPeriod } from '../../accounting/budget.ts'
import { formatUsd } from '../../accounting/money.ts'
import { checkedDefaultModels, checkedDefaultParameters, configuredCatalogue } from '../../app/catalogue.ts'
import { findingAbout } from '../../app/data-directory.ts'
import { lostKeysIn } from '../../app/lost-keys.ts'
import { ConfigError, loadEnvFile, readConfig } from '../../config/config.ts'
import { StoreError } from '../../errors/store-error.ts'
import { Store } from '../../stores/sqlite/store.ts'
import { bold, printJson, write } from '../output.ts'
import { printable } from '../../errors/printable.ts'
import type { Command } from 'commander'
import type { Config } from '../../config/config.ts'

const TIMEOUT_MS = 10_000
/** Periods of budgets and expiries go by the clock; a minute does no harm. */
const MAX_CLOCK_ERROR_MS = 60_000
const LITTLE_ROOM_BYTES = 100 * 1024 * 1024

interface Finding {
  readonly what: string
  readonly ok: boolean
  readonly says: string
}

/** `doctor`: whether a gateway would run here; nothing is bought. */
export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('check configuration, data directory, clock, upstream and key, without buying anything')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExit code 0: all is well; 1: something is not.\n\nExample:\n  comet-gateway doctor\n')
    .action(async ({ json = false }: { json?: boolean }) => {
      const findings = await examine()
      if (findings.some(({ ok }) => !ok)) process.exitCode = 1
      if (json) return printJson(findings)
      write(findings.map(({ what, ok, says }) => `${bold(ok ? 'ok ' : 'NO ')} ${what.padEnd(14)} ${printable(says)}`))
    })
}

/** The configuration is read and checked as at a start; where it has faults, nothing else can be told. */
async function examine(): Promise<readonly Finding[]> {
  let config: Config
  try {
    loadEnvFile()
    config = readConfig()
    const catalogue = configuredCatalogue(config)
    checkedDefaultModels(catalogue, config)
    checkedDefaultParameters(catalogue, config)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems.map((says) => ({ what: 'configuration', ok: false, says }))
  }
  const findings = [
    { what: 'configuration', ok: true, says: 'complete' },
    examineStore(config),
    ...examineSpending(config),
    ...examineRights(config),
  ]
  return [...findings, ...(await examineUpstream(config))]
}

function examineStore(config: Config): Finding {
  const { DATA_DIR } = config
  const what = 'data directory'
  try {
    const store = Store.forCommand(DATA_DIR, { create: false })
    try {
      store.probe()
      const [damage] = store.findDamage()
      if (damage !== undefined) return { what, ok: false, says: `${store.file} is damaged: ${damage}` }
      const lost = lostKeysIn(config, store.keys.list().length)
      if (lost !== undefined) return { what, ok: false, says: lost }
      const { bavail, bsize } = statfsSync(DATA_DIR)
      const hasRoom = bavail * bsize >= LITTLE_ROOM_BYTES
      const room = `${Math.floor((bavail * bsize) / 1024 / 1024)} MB free`
      return { what, ok: hasRoom, says: `${store.file} can be written to, ${room}` }
    } finally {
      store.close()
    }
  } catch (error) {
    if (error instanceof StoreError && error.problem === 'missing') return examineMissing(config)
    return { what, ok: false, says: sentence(error) }
  }
}

/** The rest of SPEND_LIMIT, where there is one and something to read it from. */
function examineSpending({ DATA_DIR, SPEND_LIMIT: limit }: Config): readonly Finding[] {
  if (limit === undefined || !existsSync(DATA_DIR)) return []
  try {
    const store = Store.forCommand(DATA_DIR, { create: false })
    try {
      const spending = store.spending(limit, Date.now())
      const left = spending === undefined ? 0 : (leftMicros(spending) ?? 0)
      const says = `${formatUsd(left)} of ${formatUsd(limit.limitMicros)} ${perPeriod(limit)} is left`
      return [{ what: 'spend limit', ok: left > 0, says }]
    } finally {
      store.close()
    }
  } catch {
    return [] // said of the data directory already
  }
}

function examineRights({ DATA_DIR }: Config): readonly Finding[] {
  const finding = findingAbout(DATA_DIR)
  return finding === undefined ? [] : [{ what: 'data directory', ok: !finding.isDangerous, says: finding.says }]
}

/** Makes nothing: the doctor may be run by another user than the gateway's. */
function examineMissing(config: Config): Finding {
  const what = 'data directory'
  const { DATA_DIR: directory } = config
  const lost = lostKeysIn(config, 0)
  if (lost !== undefined) return { what, ok: false, says: lost }
  let above = resolve(directory)
  while (!existsSync(above)) above = dirname(above)
  try {
    accessSync(above, constants.W_OK)
    return { what, ok: true, says: `${directory} has no database yet; it is made at the start` }
  } catch {
    return { what, ok: false, says: `${directory} has no database yet, and ${above} cannot be written to` }
  }
}

/** The list of models is free of charge, and tells whether the key is taken. */
async function examineUpstream({ SANDBOX, COMETAPI_BASE_URL, COMETAPI_KEY }: Config): Promise<readonly Finding[]> {
  if (SANDBOX) return [{ what: 'upstream', ok: true, says: 'the offline sandbox: nothing to reach' }]
  const url = `${COMETAPI_BASE_URL}/v1/models`
  try {
    const askedAt = Date.now()
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${COMETAPI_KEY ?? ''}` },
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    await response.body?.cancel()
    const answeredIn = Date.now() - askedAt
    return [
      { what: 'upstream', ok: true, says: `${url} answers in ${answeredIn} ms` },
      keyFinding(response.status),
      clockFinding(response.headers.get('date'), askedAt + answeredIn / 2),
    ]
  } catch (error) {
    return [{ what: 'upstream', ok: false, says: `${url} cannot be reached: ${sentence(error)}` }]
  }
}

function keyFinding(status: number): Finding {
  const what = 'upstream key'
  if (status >= 200 && status < 300) return { what, ok: true, says: 'accepted' }
  if (status === 401 || status === 403) return { what, ok: false, says: `COMETAPI_KEY is refused (status ${status})` }
  return { what, ok: false, says: `cannot be told: the upstream answers ${status}` }
}

function clockFinding(date: string | null, now: number): Finding {
  const what = 'clock'
  const theirs = date === null ? Number.NaN : Date.parse(date)
  if (Number.isNaN(theirs)) return { what, ok: true, says: 'not compared: the upstream does not say the time' }
  const seconds = Math.round((now - theirs) / 1000)
  const ok = Math.abs(now - theirs) <= MAX_CLOCK_ERROR_MS
  return {
    what,
    ok,
    says: ok ? 'right' : `${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} the upstream's`,
  }
}

/** The cause of a failed fetch has the reason; the error itself says only that it failed. */
function sentence(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.message : String(cause)
}
