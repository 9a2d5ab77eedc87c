/** The code of an error of the system, Node or undici: `ENOSPC`, `ERR_STREAM_DESTROYED`, `UND_ERR_SOCKET`. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
