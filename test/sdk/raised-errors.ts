import { expect } from 'vitest'
import type OpenAI from 'openai'

/** The classes that both SDKs export; `APIError` itself is what statuses without a class of their own are raised as. */
export type ErrorClass =
  | 'APIError'
  | 'AuthenticationError'
  | 'BadRequestError'
  | 'ConflictError'
  | 'InternalServerError'
  | 'NotFoundError'
  | 'PermissionDeniedError'
  | 'RateLimitError'
  | 'UnprocessableEntityError'

/** Types of errors, as OpenAI has them. */
export const request = 'invalid_request_error'
export const upstreamError = 'upstream_error'

/** An error is of its class exactly, and has what OpenAI's errors have. */
export function expectError(
  Client: typeof OpenAI,
  error: unknown,
  of: ErrorClass,
  expected: Record<string, unknown>,
): void {
  expect(error).toBeInstanceOf(Client.APIError)
  expect((error as Error).constructor).toBe(Client[of])
  expect(error).toMatchObject({ requestID: expect.stringMatching(/^req_/) as unknown, ...expected })
  expect((error as Error).message).toMatch(new RegExp(`^${String(expected['status'])} \\S+`))
}
