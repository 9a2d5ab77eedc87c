const TIMEOUT_MS = 10_000

/** A request to an address of the operator's. */
export interface WebhookRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * Posts to a webhook and resolves with the status of its answer, whose body is not read. Redirects are not followed.
 * @throws Error where there is no answer within 10 s; its message has no part of the address but its host
 */
export async function postWebhook({ url, headers, body }: WebhookRequest): Promise<number> {
  const { request } = await import('undici') // only where there is something to send
  const { statusCode, body: answer } = await request(url, {
    method: 'POST',
    headers: { 'user-agent': 'comet-gateway', ...headers },
    body,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  answer.on('error', () => {}) // it is given up with its connection
  answer.destroy()
  return statusCode
}
