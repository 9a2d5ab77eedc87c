import { dirname, join } from 'node:path'
import { Folder } from '../pictures/folder.ts'
import { Links } from '../pictures/links.ts'
import { Shelf } from '../pictures/shelf.ts'
import { DiskRoom } from '../spool/disk-room.ts'
import { keepsPictures } from './catalogue.ts'
import type { Logger } from 'pino'
import type { Config } from '../config/config.ts'
import type { Pictures } from '../gateway/generation/order-pictures.ts'
import type { Clock } from '../gateway/generation/clock.ts'
import type { Store } from '../stores/sqlite/store.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Closers } from './closers.ts'
import type { Database } from './database.ts'
import type { PublicUrl } from './public-url.ts'

const FOLDER = 'pictures'

export interface PicturesParts {
  readonly database: Database | undefined
  readonly room: DiskRoom
  readonly logger: Logger
  readonly metrics: Metrics
  readonly clock: Clock
  readonly publicUrl: PublicUrl
  readonly closers: Closers
}

/** The shelf beside a database, for a command: it looks and removes, and keeps no picture. */
export function commandShelf({ file, pictures: index }: Pick<Store, 'file' | 'pictures'>): Shelf {
  const directory = dirname(file)
  return new Shelf({
    index,
    folder: new Folder(join(directory, FOLDER)),
    room: new DiskRoom({ directory }),
    ttlMs: 0,
    maxBytes: 0,
    now: Date.now,
    onEvicted: () => {},
    onTidyFailed: () => {},
  })
}

/** The shelf in DATA_DIR, swept and open; undefined where no pictures are kept. @throws StoreError */
export async function openPictures(config: Config, parts: PicturesParts): Promise<Pictures | undefined> {
  const { database, room, logger, metrics, clock, publicUrl, closers } = parts
  if (database === undefined || !keepsPictures(config)) {
    const why = config.PICTURES ? 'DATABASE=false' : 'PICTURES=false'
    logger.info(`no pictures are kept (${why}): models that answer in base64 give no links`)
    return undefined
  }
  const shelf = new Shelf({
    index: database.pictures,
    folder: new Folder(join(config.DATA_DIR, FOLDER)),
    room,
    ttlMs: config.PICTURES_TTL_MS,
    maxBytes: config.PICTURES_BYTES,
    now: () => clock.date(),
    onEvicted: () => metrics.pictureEvicted(),
    onTidyFailed: (err) => logger.error({ err }, 'pictures could not be removed; it is tried again'),
  })
  await shelf.start()
  closers.add('pictures', () => shelf.stop())
  metrics.onScrape(async () => metrics.shelf(await shelf.totals()))
  return {
    shelf,
    links: new Links({ secret: await database.pictures.linkSecret(), base: () => publicUrl.value }),
    onKept: (label) => metrics.pictureConverted(label, 'url'),
    onNotKept: (label, err, { generationId }) => {
      metrics.pictureConverted(label, 'b64_json')
      logger.warn({ err, generationId }, 'a picture could not be kept: its client gets it as base64')
    },
  }
}
