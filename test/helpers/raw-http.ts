import { connect } from 'node:net'
import { once } from 'node:events'

/** Writes bytes to a socket as they are and reads the answer until the other side closes or `until` has come. */
export async function rawRequest(url: string, bytes: string | Buffer, until?: RegExp): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  socket.on('error', () => {})
  socket.write(bytes)
  let text = ''
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  const complete = new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (until?.test(text)) resolve()
    })
  })
  await Promise.race([closed, complete])
  socket.destroy()
  return text
}

/** Status, headers and JSON body of a raw answer. */
export function parseRaw(text: string): { status: number; headers: Map<string, string>; body: unknown } {
  const [head = '', body = ''] = text.split('\r\n\r\n', 2)
  const [statusLine = '', ...lines] = head.split('\r\n')
  const headers = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
  return { status: Number(statusLine.split(' ')[1]), headers, body: JSON.parse(body) as unknown }
}
