import { relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A profile as V8 writes it into a `.cpuprofile`; times in microseconds. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
}

/** A place in the code with its share of the busy time, 0 to 1. */
export interface Share {
  readonly name: string
  readonly share: number
}

export interface Summary {
  /** The share of the time in which the process waited. */
  readonly idle: number
  readonly byRoom: readonly Share[]
  readonly byFile: readonly Share[]
  readonly byFunction: readonly Share[]
}

const ROOT = resolve(import.meta.dirname, '../..')

/** Adds up the time that each function took itself, without those that it called. */
export function summaryOf({ nodes, samples, timeDeltas }: CpuProfile): Summary {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const sums = { room: new Map<string, number>(), file: new Map<string, number>(), code: new Map<string, number>() }
  let idle = 0
  let busy = 0
  for (const [index, id] of samples.entries()) {
    const micros = timeDeltas[index] ?? 0
    const frame = frames.get(id)
    if (frame === undefined) continue
    if (frame.functionName === '(idle)') {
      idle += micros
      continue
    }
    busy += micros
    const file = fileOf(frame)
    add(sums.room, roomOf(file), micros)
    add(sums.file, file, micros)
    add(sums.code, codeOf(frame, file), micros)
  }
  return {
    idle: idle / (idle + busy),
    byRoom: ranked(sums.room, busy),
    byFile: ranked(sums.file, busy),
    byFunction: ranked(sums.code, busy),
  }
}

/** `src/gateway/relay.ts`, `undici/lib/core/util.js`, `node:net`; V8's own work by its name: `(garbage collector)`. */
function fileOf({ functionName, url }: ProfileNode['callFrame']): string {
  if (url === '') return functionName.startsWith('(') ? functionName : '(native)'
  if (!url.startsWith('file:')) return url
  return relative(ROOT, fileURLToPath(url)).replace(/^.*node_modules\//, '')
}

/** `src/gateway`, `undici`, `@fastify/cors`, `node`. */
function roomOf(file: string): string {
  if (file.startsWith('node:')) return 'node'
  const [first = '', second = ''] = file.split('/')
  return first === 'src' || first.startsWith('@') ? `${first}/${second}` : first
}

/** The line tells functions of one name apart; native ones have none. */
const codeOf = ({ functionName, lineNumber }: ProfileNode['callFrame'], file: string): string => {
  if (file === '(native)') return `${functionName} ${file}`
  return file.startsWith('(') ? file : `${functionName || '(anonymous)'} ${file}:${lineNumber + 1}`
}

function add(sums: Map<string, number>, name: string, micros: number): void {
  sums.set(name, (sums.get(name) ?? 0) + micros)
}

function ranked(sums: ReadonlyMap<string, number>, busy: number): Share[] {
  const shares = [...sums].map(([name, micros]) => ({ name, share: micros / busy }))
  return shares.toSorted((a, b) => b.share - a.share)
}
