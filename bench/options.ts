import { parseArgs } from 'node:util'
import { SYSTEMS, peer } from './systems/table.ts'
import { WORKS } from './works/table.ts'
import type { System } from './systems/system.ts'
import type { Extent, Work } from './works/work.ts'

export interface Options {
  readonly extent: Extent
  readonly works: readonly Work[]
  readonly systems: readonly System[]
  /** Systems that the extent leaves out, and nobody asked for. */
  readonly leftOut: readonly System[]
  readonly mayInstall: boolean
  readonly out: string | undefined
  readonly isWritten: boolean
  /** Only the page is made, from the run that is kept. */
  readonly isPageOnly: boolean
}

/** A mistake in the flags, in words for a person. */
export class WrongOption extends Error {}

/** A short run checks that everything runs; these two show that, without works that differ from others in their size alone. */
const SHORT_SYSTEMS: ReadonlySet<string> = new Set(['gateway', 'nginx'])
const NOT_SHORT_WORKS: ReadonlySet<string> = new Set(['c', 'd2'])

const FLAGS = {
  quick: { type: 'boolean', default: false },
  short: { type: 'boolean', default: false },
  only: { type: 'string' },
  systems: { type: 'string' },
  peer: { type: 'string', multiple: true, default: [] as string[] },
  'no-install': { type: 'boolean', default: false },
  out: { type: 'string' },
  write: { type: 'boolean', default: false },
  page: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

export const HELP = `npm run bench [-- FLAGS]: each system in turn before the same upstream, on one core.

  --quick             under three minutes: one round of a second, without Portkey and LiteLLM
  --short             under a minute: only checks that it runs (gateway and nginx)
  --only WORKS        some works, such as a,b,d1; d is d1 and d2
  --systems SYSTEMS   some systems, such as gateway,nginx
  --peer NAME=URL     another system that runs already, before http://127.0.0.1:9100 (repeatable)
  --no-install        installs nothing that is missing
  --out FILE          writes the results as JSON
  --write             keeps them in bench/results and makes docs/benchmarks.md and its picture from them
  --page              makes page and picture anew from the run that is kept, without a run
  --help              this text

  Works:   ${WORKS.map(({ id, title }) => `${id.padEnd(4)}${title}`).join('\n           ')}
  Systems: ${SYSTEMS.map(({ id }) => id).join(', ')}
`

/**
 * Reads the command line.
 * @returns undefined when only the help is asked for
 * @throws WrongOption
 */
export function readOptions(args: readonly string[]): Options | undefined {
  const values = parsed(args)
  if (values.help) return undefined
  if (values.quick && values.short) throw new WrongOption('--quick and --short exclude each other.')
  if (values.write && (values.short || values.only !== undefined))
    throw new WrongOption('--write keeps whole runs: not --short, nor --only.')
  const extent = extentOf(values)
  const peers = values.peer.map(readPeer)
  const wanted = values.systems === undefined ? undefined : chosen(values.systems, SYSTEMS, 'system')
  const fitting = SYSTEMS.filter((system) => fits(system, extent))
  const leftOut = wanted === undefined ? SYSTEMS.filter((system) => !fitting.includes(system)) : []
  return {
    extent,
    works: values.only === undefined ? worksOf(extent) : chosen(values.only, WORKS, 'work'),
    systems: [...(wanted ?? fitting), ...peers],
    leftOut,
    mayInstall: !values['no-install'] && !values.short,
    out: values.out,
    isWritten: values.write,
    isPageOnly: values.page,
  }
}

const parse = (args: readonly string[]) => parseArgs({ args: [...args], options: FLAGS }).values

function parsed(args: readonly string[]): ReturnType<typeof parse> {
  try {
    return parse(args)
  } catch (error) {
    throw new WrongOption(error instanceof Error ? error.message : String(error))
  }
}

function extentOf({ quick, short }: { readonly quick: boolean; readonly short: boolean }): Extent {
  if (short) return 'short'
  return quick ? 'quick' : 'full'
}

const worksOf = (extent: Extent): readonly Work[] =>
  extent === 'short' ? WORKS.filter(({ id }) => !NOT_SHORT_WORKS.has(id)) : WORKS

function fits({ id, isHeavy, works }: System, extent: Extent): boolean {
  if (extent === 'short') return SHORT_SYSTEMS.has(id) || works !== undefined
  return extent === 'full' || isHeavy !== true
}

/** The entries that a list names; `d` stands for `d1` and `d2`. */
function chosen<T extends { readonly id: string }>(list: string, table: readonly T[], kind: string): readonly T[] {
  const names = list.split(',').map((name) => name.trim())
  const found = (name: string): T[] =>
    table.filter(({ id }) => id === name || (kind === 'work' && /^[a-z]\d$/.test(id) && id.startsWith(name)))
  const unknown = names.find((name) => found(name).length === 0)
  if (unknown !== undefined)
    throw new WrongOption(`There is no ${kind} '${unknown}'. There are: ${table.map(({ id }) => id).join(', ')}.`)
  return table.filter((entry) => names.some((name) => found(name).includes(entry)))
}

function readPeer(text: string): System {
  const [, name, url] = /^([\w-]+)=(https?:\/\/[^/]+)\/?$/.exec(text) ?? []
  if (name === undefined || url === undefined)
    throw new WrongOption(`--peer wants NAME=URL, such as mine=http://127.0.0.1:4000, not '${text}'.`)
  return peer(name, url)
}
