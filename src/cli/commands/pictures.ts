import { GatewayError } from '../../errors/gateway-error.ts'
import { commandShelf } from '../../app/pictures.ts'
import { fileName, fileType, parseFileName } from '../../pictures/picture.ts'
import { countArgument, dateArgument } from '../arguments.ts'
import { isoTime, shortTime } from '../key-columns.ts'
import { printRow, printRows, withFormats, write } from '../output.ts'
import { withStore } from '../settings.ts'
import type { Command } from 'commander'
import type { Picture } from '../../pictures/picture.ts'
import type { Shelf } from '../../pictures/shelf.ts'
import type { Column, OutputOptions } from '../output.ts'

interface ListOptions extends OutputOptions {
  readonly key?: string
  readonly number: number
}

interface PruneOptions {
  readonly key?: string
  readonly before: number
}

/** `pictures list`, `show`, `delete` and `prune`: what is on the shelf, also beside a running gateway. */
export function addPicturesCommand(program: Command): void {
  const pictures = program.command('pictures').description('pictures that are kept for links')
  pictures.addHelpText('after', '\nExample:\n  comet-gateway pictures list --key alice\n')
  withFormats(pictures.command('list').description('the newest pictures'))
    .option('--key <name>', 'of one key only')
    .option('-n, --number <n>', 'how many', countArgument, 50)
    .addHelpText('after', '\nExample:\n  comet-gateway pictures list --key alice -n 20\n')
    .action(async ({ key, number: limit, ...format }: ListOptions) =>
      onShelf(async (shelf) => printRows(await shelf.newest({ key, limit }), COLUMNS, format, 'No pictures.')),
    )
  withFormats(pictures.command('show <id>').description('one picture, and where its file is'))
    .addHelpText('after', '\nExample:\n  comet-gateway pictures show pic_0123…\n')
    .action(async (id: string, format: OutputOptions) =>
      onShelf(async (shelf) => printRow(await named(shelf, id), COLUMNS, format)),
    )
  pictures
    .command('delete <ids...>')
    .description('remove pictures: their links are dead from then on')
    .addHelpText('after', '\nExample:\n  comet-gateway pictures delete pic_0123…\n')
    .action(async (ids: readonly string[]) => onShelf(async (shelf) => deleteAll(shelf, ids)))
  pictures
    .command('prune')
    .description('remove the pictures that were made before a date')
    .requiredOption('--before <date>', 'a date in UTC', dateArgument)
    .option('--key <name>', 'of one key only')
    .addHelpText('after', '\nExample:\n  comet-gateway pictures prune --before 2026-01-01 --key alice\n')
    .action(async ({ before, key }: PruneOptions) =>
      onShelf(async (shelf) => sayRemoved(await shelf.prune({ before, key }))),
    )
}

async function onShelf(work: (shelf: Shelf) => Promise<void>): Promise<void> {
  await withStore({ create: false }, async (store) => work(commandShelf(store)))
}

async function named(shelf: Shelf, id: string): Promise<Picture> {
  const picture = await shelf.find(parseFileName(id)?.id ?? id)
  if (picture === undefined) throw new GatewayError('not_found', `there is no picture ${id}, or it has expired`)
  return picture
}

/** All of them are looked up first, so that a misspelt id removes nothing. */
async function deleteAll(shelf: Shelf, ids: readonly string[]): Promise<void> {
  const found = await Promise.all(ids.map(async (id) => named(shelf, id)))
  for (const picture of found) await shelf.remove(picture)
  sayRemoved(found.length)
}

function sayRemoved(count: number): void {
  write([`${count} ${count === 1 ? 'picture is' : 'pictures are'} removed.`])
}

const COLUMNS: readonly Column<Picture>[] = [
  {
    name: 'created_at',
    title: 'Time (UTC)',
    value: ({ createdAt }) => isoTime(createdAt),
    shown: ({ createdAt }) => shortTime(createdAt),
  },
  { name: 'id', title: 'Id', value: ({ id }) => id },
  { name: 'file', title: 'File', forPrograms: true, value: fileName },
  { name: 'key', title: 'Key', value: ({ key }) => key },
  { name: 'model', title: 'Model', value: ({ model }) => model },
  { name: 'size', title: 'Size', value: ({ size }) => size },
  { name: 'type', title: 'Type', value: ({ extension }) => fileType(extension).type },
  { name: 'bytes', title: 'Bytes', align: 'right', value: ({ bytes }) => bytes },
  {
    name: 'expires_at',
    title: 'Expires',
    value: ({ expiresAt }) => isoTime(expiresAt),
    shown: ({ expiresAt }) => shortTime(expiresAt),
  },
  { name: 'generation_id', title: 'Generation', forPrograms: true, value: ({ generationId }) => generationId },
  { name: 'sha256', title: 'SHA-256', forPrograms: true, value: ({ sha256 }) => sha256 },
]
