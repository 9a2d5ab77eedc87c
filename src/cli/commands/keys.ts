import { Option } from 'commander'
import { readSettings } from '../../config/config.ts'
import { checkedChanges, checkedSettings } from '../../access/keys/key-settings.ts'
import { KeyError } from '../../access/keys/virtual-key.ts'
import { VirtualKeys } from '../../access/keys/virtual-keys.ts'
import {
  NONE,
  budgetArgument,
  costArgument,
  defaultsArgument,
  durationArgument,
  expiryArgument,
  limitArgument,
  modelsArgument,
} from '../arguments.ts'
import { KEY_COLUMNS, describedKey } from '../key-columns.ts'
import { printRow, printRows, remark, withFormats, write } from '../output.ts'
import { withStore } from '../settings.ts'
import type { Command } from 'commander'
import type { Budget } from '../../accounting/budget.ts'
import type { ParameterDefaults } from '../../access/keys/parameter-defaults.ts'
import type { KeySettings } from '../../access/keys/virtual-key.ts'
import type { IssuedKey } from '../../access/keys/virtual-keys.ts'
import type { OrNone } from '../arguments.ts'
import type { Store } from '../../stores/sqlite/store.ts'
import type { OutputOptions } from '../output.ts'

interface LimitOptions {
  readonly note?: string
  readonly models?: readonly string[]
  readonly defaults?: ParameterDefaults
  readonly rpm?: OrNone<number>
  readonly ipm?: OrNone<number>
  readonly inFlight?: OrNone<number>
  readonly budget?: OrNone<Budget>
  readonly maxCost?: OrNone<number>
  readonly expires?: OrNone<number>
}

/** `keys …`: who may call, for what, and for how much. */
export function addKeysCommand(program: Command): void {
  const keys = program.command('keys').description('virtual keys: who may call, how often, and for how much')
  addCreate(keys)
  addList(keys)
  addUpdate(keys)
  addRotateAndRevoke(keys)
  keys.addHelpText('after', "\nExample:\n  comet-gateway keys create alice --budget 25/month --models 'gpt-image-*'\n")
}

function withLimits(command: Command): Command {
  return command
    .option('--note <text>', 'a note for people, up to 500 characters')
    .option('--models <list>', "model ids and * patterns: 'gpt-image-*,dall-e-3'", modelsArgument)
    .option(
      '--defaults <list>',
      'parameters that are filled in where they are left out: quality=medium,size=1024x1024',
      defaultsArgument,
    )
    .option('--rpm <n>', 'requests per minute', limitArgument)
    .option('--ipm <n>', 'images per minute', limitArgument)
    .option('--in-flight <n>', 'generations under way at once', limitArgument)
    .option('--budget <usd/period>', 'what it may spend: 25/month, 0.50/day, 10/week, 100/total', budgetArgument)
    .option('--max-cost <usd>', 'the most that one request may cost: 0.10', costArgument)
    .option('--expires <when>', 'a date in UTC, or a duration: 2026-12-31, 90d', expiryArgument)
}

function addCreate(keys: Command): void {
  withFormats(withLimits(keys.command('create <name>').description('make a key; it is shown this once')))
    .option('--disabled', 'not to be used yet')
    .addHelpText(
      'after',
      "\nExample:\n  comet-gateway keys create alice --budget 25/month --models 'gpt-image-*' --rpm 30\n",
    )
    .action(async (name: string, options: LimitOptions & OutputOptions & { disabled?: boolean }) => {
      const settings = checkedSettings({ name, ...settingsOf(options), isDisabled: options.disabled === true })
      await refuseUselessDefaults(options)
      await withStore({ create: true }, async (store) => {
        const { GATEWAY_KEYS = [] } = readSettings(['GATEWAY_KEYS'])
        if (GATEWAY_KEYS.some((other) => other.name === name)) {
          throw new KeyError('name_taken', `the name '${name}' is taken by an entry of GATEWAY_KEYS: choose another`)
        }
        printIssued(store, await new VirtualKeys(store.keys).create(settings, Date.now()), options)
      })
    })
}

function addList(keys: Command): void {
  withFormats(keys.command('list').description('all keys, with what is left of their budgets'))
    .option('--all', 'also those that were revoked')
    .addHelpText('after', '\nExample:\n  comet-gateway keys list --csv > keys.csv\n')
    .action(async ({ all = false, ...options }: OutputOptions & { all?: boolean }) =>
      withStore({ create: false }, (store) => {
        const found = store.keys.list().filter(({ revokedAt }) => all || revokedAt === undefined)
        const rows = found.map((key) => describedKey(store, key, Date.now()))
        printRows(rows, KEY_COLUMNS, options, 'No keys. Make one: comet-gateway keys create NAME')
      }),
    )
  withFormats(keys.command('show <name>').description('one key, with its limits and where it stands'))
    .addHelpText('after', '\nExample:\n  comet-gateway keys show alice\n')
    .action(async (name: string, options: OutputOptions) =>
      withStore({ create: false }, (store) => printKey(store, name, options)),
    )
}

function addUpdate(keys: Command): void {
  const update = keys.command('update <name>').description('change what a key may do; none takes a limit away')
  withFormats(withLimits(update))
    .option('--disable', 'refuse it until it is enabled')
    .option('--enable', 'take it again')
    .addHelpText('after', '\nExample:\n  comet-gateway keys update alice --budget 40/month --rpm none\n')
    .action(async (name: string, options: LimitOptions & OutputOptions & { disable?: boolean; enable?: boolean }) => {
      const { disable = false, enable = false } = options
      if (disable && enable) update.error("error: options '--disable' and '--enable' contradict each other")
      const standing = disable || enable ? { isDisabled: disable } : {}
      const changes = checkedChanges({ ...settingsOf(options), ...standing })
      if (Object.keys(changes).length === 0) update.error('error: nothing to change; see --help')
      await refuseUselessDefaults(options)
      await withStore({ create: false }, (store) => {
        store.keys.update(name, changes, Date.now())
        printKey(store, name, options)
      })
    })
}

function addRotateAndRevoke(keys: Command): void {
  withFormats(keys.command('rotate <name>').description('give a key a new secret; the old one works on for a while'))
    .addOption(
      new Option('--grace <duration>', 'how long the old one still works')
        .argParser(durationArgument)
        .default(durationArgument('24h'), '24h'),
    )
    .addHelpText('after', '\nExample:\n  comet-gateway keys rotate alice --grace 48h\n')
    .action(async (name: string, { grace, ...options }: OutputOptions & { grace: number }) =>
      withStore({ create: false }, async (store) => {
        const now = Date.now()
        printIssued(store, await new VirtualKeys(store.keys).rotate(name, grace, now), options)
        if (options.json !== true && options.csv !== true)
          remark(`The old one works until ${new Date(now + grace).toISOString()}.`)
      }),
    )
  keys
    .command('revoke <name>')
    .description('refuse a key for ever, at once, in every gateway on the file')
    .addHelpText('after', '\nExample:\n  comet-gateway keys revoke alice\n')
    .action(async (name: string) =>
      withStore({ create: false }, (store) => {
        store.keys.revoke(name, Date.now())
        write([`The key '${name}' is revoked.`])
      }),
    )
}

/** The settings that the command line names; an option that was not given is no change. */
function settingsOf(options: LimitOptions): Partial<
  Omit<KeySettings, 'name' | 'isDisabled' | 'models' | 'defaults'>
> & {
  models?: string[]
  defaults?: Record<string, string>
} {
  return {
    ...(options.note === undefined ? {} : { note: options.note }),
    ...(options.models === undefined ? {} : { models: [...options.models] }),
    ...(options.defaults === undefined ? {} : { defaults: { ...options.defaults } }),
    ...(options.rpm === undefined ? {} : { requestsPerMinute: orNothing(options.rpm) }),
    ...(options.ipm === undefined ? {} : { imagesPerMinute: orNothing(options.ipm) }),
    ...(options.inFlight === undefined ? {} : { maxInFlight: orNothing(options.inFlight) }),
    ...(options.budget === undefined ? {} : { budget: orNothing(options.budget) }),
    ...(options.maxCost === undefined ? {} : { maxCostMicros: orNothing(options.maxCost) }),
    ...(options.expires === undefined ? {} : { expiresAt: orNothing(options.expires) }),
  }
}

/** @throws KeyError `invalid_settings` for defaults that no model takes */
async function refuseUselessDefaults({ defaults }: LimitOptions): Promise<void> {
  if (defaults === undefined) return
  const { defaultProblems } = await import('../../models/default-problems.ts')
  const { catalogueSettings } = await import('../catalogue-settings.ts')
  const problems = defaultProblems(catalogueSettings().catalogue, Object.entries(defaults))
  if (problems.length > 0) throw new KeyError('invalid_settings', `defaults: ${problems.join(' ')}`)
}

function orNothing<T>(value: OrNone<T>): T | undefined {
  return value === NONE ? undefined : value
}

function printKey(store: Store, name: string, options: OutputOptions): void {
  printRow(describedKey(store, store.keys.named(name), Date.now()), KEY_COLUMNS, options)
}

/** The secret alone on standard output, so that a script can take it; the words beside it. */
function printIssued(store: Store, { key, secret }: IssuedKey, options: OutputOptions): void {
  if (options.json === true || options.csv === true) {
    const columns = [{ name: 'secret', title: 'Secret', value: () => secret }, ...KEY_COLUMNS]
    return printRow(describedKey(store, key, Date.now()), columns, options)
  }
  remark(`The key '${key.name}'. It is shown this once and cannot be shown again:`)
  write([secret])
}
