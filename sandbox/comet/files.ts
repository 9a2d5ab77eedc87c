import { randomBytes } from 'node:crypto'
import type { PictureFormat } from '../painter/raster.ts'

/** Pictures kept for download; the oldest goes when there are more. */
const MOST_FILES = 64

/** The content types of the encodings. */
const CONTENT_TYPES: Readonly<Record<PictureFormat, string>> = {
  png: 'image/png',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  svg: 'image/svg+xml',
}

interface StoredFile {
  bytes: Buffer
  contentType: string
  /** The signature its link must carry, if any. */
  signature: string | undefined
}

/** The target of a download link. */
export type Download =
  | { found: 'file'; bytes: Buffer; contentType: string }
  | { found: 'denied' }
  | { found: 'nothing' }

/** Pictures that answers refer to by URL: in memory, bounded, gone when the sandbox ends. */
export interface SandboxFiles {
  /** Keeps a picture and gives the path and query to it. A signed link works only with its query unharmed. */
  keep: (bytes: Buffer, format: PictureFormat, signed: boolean) => string
  find: (path: string, query: URLSearchParams) => Download
}

/** An empty store of files. */
export function openFiles(): SandboxFiles {
  const files = new Map<string, StoredFile>()
  return {
    keep(bytes, format, signed) {
      const path = `/files/${randomBytes(12).toString('hex')}.${format}`
      const signature = signed ? randomBytes(16).toString('hex') : undefined
      files.set(path, { bytes, contentType: CONTENT_TYPES[format], signature })
      const [oldest] = files.keys()
      if (files.size > MOST_FILES && oldest !== undefined) files.delete(oldest)
      // Seedream's links are signed and break when the & is escaped on the way (facts 1.4).
      return signature ? `${path}?X-Tos-Expires=86400&X-Tos-Signature=${signature}` : path
    },
    find(path, query) {
      const file = files.get(path)
      if (!file) return { found: 'nothing' }
      if (file.signature && query.get('X-Tos-Signature') !== file.signature) return { found: 'denied' }
      return { found: 'file', bytes: file.bytes, contentType: file.contentType }
    },
  }
}
