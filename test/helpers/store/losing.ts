import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { Store } from '../../../src/stores/sqlite/store.ts'

/** A way in which a running gateway loses its database, and how that is undone; undefined where it cannot be. */
export interface Loss {
  readonly name: string
  /** @param directory the data directory; its parent belongs to the test */
  readonly lose: (directory: string) => void
  readonly undo: ((directory: string) => void) | undefined
}

const FILE = 'gateway.db'
const ENDS = ['', '-wal', '-shm'] as const
const away = (directory: string): string => `${directory}-away`

/** Moves the database, and with `all` its log and index, to another directory. */
function move(from: string, to: string, all: boolean): void {
  mkdirSync(to, { recursive: true })
  for (const end of all ? ENDS : [''])
    if (existsSync(join(from, FILE + end))) renameSync(join(from, FILE + end), join(to, FILE + end))
}

/** The database of another gateway, closed, so that it is one file. */
function another(directory: string): string {
  const path = join(dirname(directory), 'another')
  Store.forServing(path).close()
  return join(path, FILE)
}

const back = (directory: string): void => move(away(directory), directory, true)

export const LOSSES: readonly Loss[] = [
  { name: 'deleted', lose: (directory) => rmSync(join(directory, FILE)), undo: undefined },
  {
    name: 'deleted with its log',
    lose: (directory) => ENDS.forEach((end) => rmSync(join(directory, FILE + end))),
    undo: undefined,
  },
  { name: 'moved', lose: (directory) => move(directory, away(directory), false), undo: back },
  { name: 'moved with its log', lose: (directory) => move(directory, away(directory), true), undo: back },
  {
    name: 'replaced by an empty file',
    lose: (directory) => {
      move(directory, away(directory), false)
      writeFileSync(join(directory, FILE), '')
    },
    undo: back,
  },
  { name: 'emptied', lose: (directory) => truncateSync(join(directory, FILE)), undo: undefined },
  {
    name: "overwritten by another gateway's",
    lose: (directory) => copyFileSync(another(directory), join(directory, FILE)),
    undo: undefined,
  },
  {
    name: 'overwritten by a text',
    lose: (directory) => writeFileSync(join(directory, FILE), 'keys\n'),
    undo: undefined,
  },
  {
    name: "replaced by another gateway's",
    lose: (directory) => {
      const other = another(directory)
      move(directory, away(directory), false)
      renameSync(other, join(directory, FILE))
    },
    undo: back,
  },
  {
    name: "replaced with its log by another gateway's",
    lose: (directory) => {
      const other = another(directory)
      move(directory, away(directory), true)
      copyFileSync(other, join(directory, FILE))
    },
    undo: back,
  },
  {
    name: 'in a directory that was renamed',
    lose: (directory) => renameSync(directory, away(directory)),
    undo: (directory) => renameSync(away(directory), directory),
  },
  {
    name: 'in a directory that was deleted',
    lose: (directory) => rmSync(directory, { recursive: true }),
    undo: undefined,
  },
  {
    name: 'in a directory that was replaced by an empty one',
    lose: (directory) => {
      renameSync(directory, away(directory))
      mkdirSync(directory)
    },
    undo: (directory) => {
      rmSync(directory, { recursive: true })
      renameSync(away(directory), directory)
    },
  },
  {
    name: "in a directory that was replaced by another gateway's",
    lose: (directory) => {
      const other = dirname(another(directory))
      renameSync(directory, away(directory))
      renameSync(other, directory)
    },
    undo: (directory) => {
      rmSync(directory, { recursive: true })
      renameSync(away(directory), directory)
    },
  },
]

/** Its log is lost, and the database is there. */
export const LOG_LOSSES: readonly Loss[] = [
  {
    name: 'log',
    lose: (directory) => rmSync(join(directory, `${FILE}-wal`)),
    undo: undefined,
  },
  {
    name: 'log and index',
    lose: (directory) => ENDS.slice(1).forEach((end) => renameSync(join(directory, FILE + end), away(directory) + end)),
    undo: (directory) => ENDS.slice(1).forEach((end) => renameSync(away(directory) + end, join(directory, FILE + end))),
  },
]

/** The path of the database after a loss; undefined if it is gone. */
export function lostFile(directory: string): string | undefined {
  const moved = join(away(directory), FILE)
  return existsSync(moved) ? moved : undefined
}

/** The bytes of the file that stands in the place of the database. */
export function standIn(directory: string): Buffer | undefined {
  const path = join(directory, FILE)
  return existsSync(path) ? readFileSync(path) : undefined
}
