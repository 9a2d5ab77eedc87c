/** Codes that mean the same under whatever status they come. Sources: facts on CometAPI, new-api and OpenAI, 2026-11-22. */
const MEANT = {
  quota: [
    'insufficient_quota',
    'insufficient_user_quota',
    'pre_consume_token_quota_failed',
    'credit_balance_exhausted',
    'organization_spend_limit_exceeded',
    'project_spend_limit_exceeded',
    'organization_usage_limit_exceeded',
    'billing_hard_limit_reached',
    'billing_not_active',
  ],
  moderation: ['moderation_blocked', 'content_policy_violation', 'sensitive_words_detected', 'prompt_blocked'],
  model: ['model_not_found'],
  client: ['invalid_request', 'convert_request_failed', 'bad_request_body'],
} as const

/** The subject of an error: the gateway's quota, the prompt, the model's name, or the client's request in general. */
export type Meaning = keyof typeof MEANT

const MEANINGS: ReadonlyMap<string, Meaning> = new Map(
  (Object.keys(MEANT) as Meaning[]).flatMap((meaning) => MEANT[meaning].map((code) => [code, meaning] as const)),
)

/** Further codes that CometAPI and OpenAI have been seen to send. */
const OTHER_CODES: ReadonlySet<string> = new Set([
  'invalid_api_key',
  'access_denied',
  'model_price_error',
  'do_request_failed',
  'get_channel_failed',
  'channel:no_available_key',
  'read_request_body_failed',
  'bad_response_status_code',
  'bad_response',
  'bad_response_body',
  'empty_response',
  'invalid_value',
  'api_not_implemented',
  'unknown_parameter',
  'missing_required_parameter',
  'unsupported_value',
  'invalid_image_file',
  'invalid_mask_image_format',
  'invalid_png_output_compression',
  'invalid_input_fidelity_model',
  'rate_limit_exceeded',
  'slow_down',
  'server_is_overloaded',
  'server_error',
  'shell_api_error',
])

/** The subject of an error, by its code or else by its type. Undefined: neither tells it. */
export function meaningOf({ code, type }: { readonly code: string; readonly type: string }): Meaning | undefined {
  return MEANINGS.get(code) ?? MEANINGS.get(type)
}

/** The upstream's code for the log, which repeats no strange text: `other` stands for a code that is not known. */
export function knownCode(code: string | undefined): string | undefined {
  return code === undefined || MEANINGS.has(code) || OTHER_CODES.has(code) ? code : 'other'
}
