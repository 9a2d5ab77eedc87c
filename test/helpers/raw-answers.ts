/** One answer on a connection, as its own framing delimits it. */
export interface RawAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

/** The answers that a connection carried, read as strictly as HTTP/1.1 is written (RFC 9112, 6.3). */
export interface RawAnswers {
  readonly answers: readonly RawAnswer[]
  /** The bytes after the last complete answer. */
  readonly rest: Buffer
}

/** Divides the bytes of a connection into answers. */
export function readAnswers(bytes: Buffer): RawAnswers {
  const answers: RawAnswer[] = []
  let rest = bytes
  for (let next = readAnswer(rest); next !== undefined; next = readAnswer(rest)) {
    answers.push(next.answer)
    rest = next.rest
  }
  return { answers, rest }
}

function readAnswer(bytes: Buffer): { readonly answer: RawAnswer; readonly rest: Buffer } | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n')
  const [statusLine = '', ...lines] = bytes.subarray(0, headEnd).toString('latin1').split('\r\n')
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1]
  if (headEnd === -1 || status === undefined) return undefined
  const headers = new Map(
    lines.map((line) => [line.split(':', 1)[0]?.toLowerCase() ?? '', line.replace(/^.*?: */, '')]),
  )
  const after = bytes.subarray(headEnd + 4)
  const framed = headers.has('transfer-encoding')
    ? chunked(after)
    : counted(after, Number(headers.get('content-length')))
  return framed && { answer: { status: Number(status), headers, body: framed.body }, rest: framed.rest }
}

function counted(bytes: Buffer, length: number): { readonly body: Buffer; readonly rest: Buffer } | undefined {
  return bytes.length >= length ? { body: bytes.subarray(0, length), rest: bytes.subarray(length) } : undefined
}

function chunked(bytes: Buffer): { readonly body: Buffer; readonly rest: Buffer } | undefined {
  const chunks: Buffer[] = []
  let rest = bytes
  for (;;) {
    const lineEnd = rest.indexOf('\r\n')
    const length = Number.parseInt(rest.subarray(0, lineEnd).toString('latin1'), 16)
    const chunkEnd = lineEnd + 2 + length
    if (lineEnd === -1 || Number.isNaN(length) || rest.length < chunkEnd + 2) return undefined
    chunks.push(rest.subarray(lineEnd + 2, chunkEnd))
    rest = rest.subarray(chunkEnd + 2)
    if (length === 0) return { body: Buffer.concat(chunks), rest }
  }
}
