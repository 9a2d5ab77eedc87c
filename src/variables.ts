import { isIP } from 'node:net'
import { z } from 'zod'

/** A key from GATEWAY_KEYS: the name is shown in logs and metrics, the key never. */
export interface NamedKey {
  readonly name: string
  readonly key: string
}

const flag = z.enum(['true', 'false', '1', '0', 'yes', 'no']).transform((value) => ['true', '1', 'yes'].includes(value))
const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`)
const decimal = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+(\.\d+)?$/, `must be a number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a number from ${min} to ${max}`)
/** Visible ASCII: what can stand in an HTTP header, and what cannot hide in one. */
const secret = (min: number) =>
  z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'must not contain spaces or line breaks')
    .min(min, `must have at least ${min} characters`)

/** Visible ASCII of up to 256 characters: it goes into a response header. */
const visibleText = z
  .string()
  .regex(/^[\x21-\x7e]{1,256}$/, 'must be a model id: visible ASCII characters without spaces')

const upstreamUrl = z
  .string()
  .transform((value) => value.replace(/\/+$/, '').replace(/\/v1$/, ''))
  .refine((value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol), 'must be an http or https URL')
  .refine((value) => !URL.canParse(value) || isAnonymous(new URL(value)), 'must not contain a user name or password')
  .refine((value) => !/[?#]/.test(value), 'must not contain a query or fragment')
  .refine((value) => !value.includes('/images'), 'must be the base of the API, without /v1/images/…')
  .refine(
    (value) => !URL.canParse(value) || new URL(value).protocol !== 'http:' || isLoopback(new URL(value).hostname),
    'must be https: plain http is allowed to loopback only, so that the key never crosses a network in clear',
  )

/** Names that metrics and the log use for callers without a key of their own. */
const RESERVED_NAMES: ReadonlySet<string> = new Set(['admin', 'anonymous', 'none'])

const namedKeys = z.string().transform((value, context): NamedKey[] => {
  const keys: NamedKey[] = []
  // Messages name an entry by its number only: a name may be a key that stands on the wrong side.
  for (const [index, entry] of value
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
    .entries()) {
    const cut = entry.indexOf('=')
    const name = entry.slice(0, Math.max(0, cut))
    const key = entry.slice(cut + 1)
    const where = `entry ${index + 1}`
    const complain = (message: string): void => context.addIssue({ code: 'custom', message: `${where} ${message}` })
    if (!/^[\w.@-]{1,64}$/.test(name)) complain('must look like name=key, the name of letters, digits and . _ @ -')
    else if (!/^[\x21-\x7e]{16,256}$/.test(key)) complain('needs a key of 16 to 256 characters without spaces')
    else if (RESERVED_NAMES.has(name)) complain(`needs another name: ${name} is the gateway's own`)
    else if (keys.some((other) => other.name === name)) complain('repeats the name of another entry')
    else if (keys.some((other) => other.key === key)) complain('has the same key as another entry')
    keys.push({ name, key })
  }
  if (keys.length === 0) context.addIssue({ code: 'custom', message: 'has no entry: write name=key' })
  return keys
})

/**
 * Every variable: how it is read, its default as it would be written, and its line for .env.example and
 * docs/configuration.md. A test compares the three.
 */
export const VARIABLES = {
  COMETAPI_KEY: {
    read: secret(8),
    default: undefined,
    doc: 'The CometAPI key that pays. Required unless SANDBOX=true.',
  },
  COMETAPI_BASE_URL: {
    read: upstreamUrl,
    default: 'https://api.cometapi.com',
    doc: 'Where CometAPI is; https, or http to loopback.',
  },
  HOST: {
    read: z.string().min(1),
    default: '127.0.0.1',
    doc: 'Address to listen on. Anything but loopback needs GATEWAY_KEYS or ADMIN_KEY.',
  },
  PORT: { read: whole(0, 65_535), default: '8080', doc: 'Port to listen on; 0 takes any free one.' },
  SANDBOX: { read: flag, default: 'false', doc: 'true: an offline CometAPI inside the process; no key, no cost.' },
  SANDBOX_LATENCY_MS: {
    read: whole(0, 600_000),
    default: '3000',
    doc: 'How long the sandbox takes for one typical answer, in milliseconds.',
  },
  SANDBOX_FAILURE_RATE: {
    read: decimal(0, 1),
    default: '0',
    doc: 'Share of sandbox requests that fail the way upstreams fail, 0 to 1.',
  },
  DEFAULT_MODEL: { read: visibleText, default: 'dall-e-3', doc: 'The model of a request that names none.' },
  DEFAULT_EDIT_MODEL: { read: visibleText, default: 'gpt-image-2', doc: 'The model of an edit that names none.' },
  PARAMETER_POLICY: {
    read: z.enum(['strict', 'drop']),
    default: 'strict',
    doc: 'strict: refuse parameters the model does not take; drop: leave them out and say so.',
  },
  UNKNOWN_MODELS: {
    read: z.enum(['allow', 'reject']),
    default: 'allow',
    doc: 'allow: forward models the catalogue does not know; reject: 404.',
  },
  MODELS_FILE: {
    read: z.string().min(1),
    default: undefined,
    doc: 'JSON file with further models, prices and aliases (docs/models.md).',
  },
  PRICE_MULTIPLIER: {
    read: decimal(0, 1000),
    default: '1',
    doc: 'Factor on all list prices, e.g. 0.8 for a discount.',
  },
  GATEWAY_KEYS: {
    read: namedKeys,
    default: undefined,
    doc: 'Who may call: name=key, comma-separated, keys of at least 16 characters.',
  },
  ADMIN_KEY: {
    read: secret(24),
    default: undefined,
    doc: "The administrator's key: may call everything, and read /metrics. At least 24 characters.",
  },
  METRICS_TOKEN: {
    read: secret(16),
    default: undefined,
    doc: 'Bearer token that /metrics asks for; without it, /metrics is open on loopback only.',
  },
  RATE_LIMIT_RPM: { read: whole(0, 1_000_000), default: '0', doc: 'Requests per minute and key; 0 is no limit.' },
  AUTH_FAILURES_PER_MINUTE: {
    read: whole(1, 1_000_000),
    default: '20',
    doc: 'Failed authentications per minute and address before 429.',
  },
  MAX_BODY_BYTES: {
    read: whole(1024, 1_073_741_824),
    default: '33554432',
    doc: 'Largest JSON body of a generation in bytes (32 MiB).',
  },
  MAX_UPLOAD_BYTES: {
    read: whole(1024, 17_179_869_184),
    default: '1073741824',
    doc: 'Largest edit or variation in bytes (1 GiB: 16 images of 50 MB and a mask). It waits on disk, not in memory.',
  },
  DATA_DIR: {
    read: z.string().min(1),
    default: './data',
    doc: 'Directory for what the gateway keeps on disk; uploads wait in its spool/ while they are sent.',
  },
  UPSTREAM_TIMEOUT_MS: {
    read: whole(1, 86_400_000),
    default: '600000',
    doc: 'How long one generation may take, in milliseconds (the SDKs wait as long).',
  },
  UPSTREAM_CONNECT_TIMEOUT_MS: {
    read: whole(1, 600_000),
    default: '10000',
    doc: 'How long connecting to the upstream may take, in milliseconds.',
  },
  UPSTREAM_RETRIES: {
    read: whole(0, 10),
    default: '2',
    doc: 'How often an order is sent again after a failure in which nothing can have been done.',
  },
  ORPHAN_TTL_MS: {
    read: whole(0, 86_400_000),
    default: '600000',
    doc: 'How long an answer is kept for a client that left before it had it, in milliseconds; 0 keeps nothing.',
  },
  ORPHAN_SPOOL_BYTES: {
    read: whole(0, 1_099_511_627_776),
    default: '1073741824',
    doc: 'What kept answers may take on disk together (1 GiB); beyond it the oldest are forgotten.',
  },
  STREAM_KEEP_ALIVE_MS: {
    read: whole(10, 600_000),
    default: '15000',
    doc: 'A stream that is silent for so long gets a comment, so that no proxy in between cuts the line, in milliseconds.',
  },
  DRAIN_TIMEOUT_MS: {
    read: whole(0, 86_400_000),
    default: '120000',
    doc: 'How long a stopping gateway waits for what is under way, in milliseconds.',
  },
  LOG_LEVEL: {
    read: z.enum(['debug', 'info', 'warn', 'error', 'silent']),
    default: 'info',
    doc: 'debug also logs health checks and scrapes.',
  },
  LOG_FORMAT: {
    read: z.enum(['auto', 'json', 'pretty']),
    default: 'auto',
    doc: 'auto: pretty on a terminal, json elsewhere.',
  },
} as const satisfies Record<string, { read: z.ZodType; default: string | undefined; doc: string }>

function isAnonymous({ username, password }: URL): boolean {
  return username === '' && password === ''
}

/** `localhost`, 127.0.0.0/8 and ::1, with or without brackets. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase()
  return (
    bare === 'localhost' ||
    bare.endsWith('.localhost') ||
    bare === '::1' ||
    (isIP(bare) === 4 && bare.startsWith('127.'))
  )
}
