import { z } from 'zod'
import { ALERT_FORMS } from '../accounting/alerts/alert-form-names.ts'
import { bytes, time } from './units.ts'
import {
  budget,
  decimal,
  flag,
  namedKeys,
  origins,
  parameterDefaults,
  percentages,
  publicUrl,
  secret,
  upstreamUrl,
  visibleText,
  webhookSecret,
  webhookUrl,
  whole,
} from './values.ts'

export interface Variable {
  readonly read: z.ZodType
  /** As it would be written. */
  readonly default: string | undefined
  /** Its value, or a part of it, is shown nowhere. */
  readonly isSecret?: true
  readonly doc: string
}

/**
 * Every variable: its reader, its default as it would be written, and its line for .env.example and
 * docs/configuration.md. A test compares the three.
 */
export const VARIABLES = {
  COMETAPI_KEY: {
    read: secret(8),
    default: undefined,
    isSecret: true,
    doc: 'The CometAPI key that pays. Required unless SANDBOX=true.',
  },
  COMETAPI_BASE_URL: {
    read: upstreamUrl,
    default: 'https://api.cometapi.com',
    doc: 'Address of CometAPI; https, or http to loopback.',
  },
  HOST: {
    read: z.string().min(1),
    default: '127.0.0.1',
    doc: 'Address to listen on. Anything but loopback needs GATEWAY_KEYS or ADMIN_KEY.',
  },
  PORT: { read: whole(0, 65_535), default: '8080', doc: 'Port to listen on; 0 takes any free one.' },
  PUBLIC_URL: {
    read: publicUrl,
    default: undefined,
    doc: 'Address under which clients reach the gateway, for links to pictures; by default the one it listens on.',
  },
  SANDBOX: { read: flag, default: 'false', doc: 'true: an offline CometAPI inside the process; no key, no cost.' },
  SANDBOX_LATENCY_MS: {
    read: time(0, 600_000),
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
  DEFAULT_PARAMETERS: {
    read: parameterDefaults,
    default: undefined,
    doc: 'Filled in where a request leaves them out and its model takes them: quality=medium,size=1024x1024.',
  },
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
    isSecret: true,
    doc: 'Keys of callers: name=key, comma-separated, each key of at least 16 characters.',
  },
  ADMIN_KEY: {
    read: secret(24),
    default: undefined,
    isSecret: true,
    doc: "The administrator's key: may call everything, and read /metrics. At least 24 characters.",
  },
  CORS_ORIGINS: {
    read: origins,
    default: undefined,
    doc: 'Origins of web pages that may call from a browser, comma-separated: https://app.example.com. Without it, none.',
  },
  METRICS_TOKEN: {
    read: secret(16),
    default: undefined,
    isSecret: true,
    doc: 'Bearer token that /metrics asks for; without it, /metrics is open on loopback only.',
  },
  DATABASE: {
    read: flag,
    default: 'true',
    doc: 'false: no gateway.db, so no virtual keys, budgets or ledger; only GATEWAY_KEYS may call, if there are any.',
  },
  UNPRICED_MODELS: {
    read: z.enum(['refuse', 'allow']),
    default: 'refuse',
    doc: 'Whether models whose price is not known may be used by a key with a budget, and where there is a SPEND_LIMIT.',
  },
  ALERT_WEBHOOK_URL: {
    read: webhookUrl,
    default: undefined,
    isSecret: true,
    doc: 'Address that alerts are posted to: a threshold of a budget or of SPEND_LIMIT, a rejected key, an exhausted quota.',
  },
  ALERT_WEBHOOK_FORM: {
    read: z.enum(['auto', ...ALERT_FORMS]),
    default: 'auto',
    doc: 'json, slack, discord or ntfy; auto tells by the address, and is json where that is not known.',
  },
  ALERT_WEBHOOK_SECRET: {
    read: webhookSecret,
    default: undefined,
    isSecret: true,
    doc: 'Signs alerts in the form json by the Standard Webhooks convention: whsec_ and 24 to 64 bytes in base64.',
  },
  ALERT_THRESHOLDS: {
    read: percentages,
    default: '50,80,100',
    doc: 'Percentages of a budget, and of SPEND_LIMIT, at which an alert is sent once per period.',
  },
  SPEND_LIMIT: {
    read: budget,
    default: undefined,
    doc: 'Money that all callers together may spend, in USD per day, week, month or total: 500/month. Held before each call.',
  },
  MAX_IN_FLIGHT: {
    read: whole(0, 1_000_000),
    default: '0',
    doc: 'Generations under way at once in this process; 0 is no limit.',
  },
  RATE_LIMIT_RPM: { read: whole(0, 1_000_000), default: '0', doc: 'Requests per minute and key; 0 is no limit.' },
  CHECK_RATE_LIMIT_RPM: {
    read: whole(0, 1_000_000),
    default: '600',
    doc: 'Checks (/gateway/check…) per minute of each caller from each address; 0 is no limit.',
  },
  AUTH_FAILURES_PER_MINUTE: {
    read: whole(1, 1_000_000),
    default: '20',
    doc: 'Failed authentications per minute and address; after them, whatever the address sends is a 429.',
  },
  MAX_BODY_BYTES: {
    read: bytes(1024, 1_073_741_824),
    default: '32MiB',
    doc: 'Largest JSON body of a generation, in bytes or as 512KiB, 64MiB, 1GiB.',
  },
  MAX_UPLOAD_BYTES: {
    read: bytes(1024, 17_179_869_184),
    default: '1GiB',
    doc: 'Largest edit or variation, a size as above (16 images of 50 MB and a mask fit in). It waits on disk, not in memory.',
  },
  MAX_UPLOADS_BYTES_PER_KEY: {
    read: bytes(1024, 1_099_511_627_776),
    default: '4GiB',
    doc: 'Most that one key may have of unfinished uploads at once, a size as above; on a small disk at most as much as is left to others.',
  },
  MAX_UPLOADS_BYTES: {
    read: bytes(1024, 1_099_511_627_776),
    default: '16GiB',
    doc: 'Most that all keys may have of unfinished uploads together, a size as above.',
  },
  DATA_DIR: {
    read: z.string().min(1),
    default: './data',
    doc: 'Directory of gateway.db, the SQLite file with virtual keys, budgets and the ledger; uploads and kept answers wait in its spool/.',
  },
  DISK_RESERVE: {
    read: bytes(0, 1_099_511_627_776),
    default: undefined,
    doc: 'Room on the disk of DATA_DIR that is kept for the database, a size as above; by default 64MiB, or a twentieth of a smaller disk.',
  },
  UPSTREAM_TIMEOUT_MS: {
    read: time(1, 86_400_000),
    default: '600000',
    doc: 'How long one generation may take, in milliseconds (the SDKs wait as long).',
  },
  UPSTREAM_CONNECT_TIMEOUT_MS: {
    read: time(1, 600_000),
    default: '10000',
    doc: 'How long connecting to the upstream may take, in milliseconds.',
  },
  UPSTREAM_RETRIES: {
    read: whole(0, 10),
    default: '2',
    doc: 'How often an order is sent again after a failure that rules out that anything was done.',
  },
  ORPHAN_TTL_MS: {
    read: time(0, 86_400_000),
    default: '600000',
    doc: 'How long the answer of a client that left without it is kept, in milliseconds; 0 keeps nothing.',
  },
  ORPHAN_SPOOL_BYTES: {
    read: bytes(0, 1_099_511_627_776),
    default: '1GiB',
    doc: 'Most that kept answers may have on disk together, a size as above; beyond it the oldest are evicted.',
  },
  PICTURES: {
    read: flag,
    default: 'true',
    doc: 'Whether pictures are kept for links, where there is a database; false: response_format url is left to the models.',
  },
  PICTURES_TTL_MS: {
    read: time(1000, 31_536_000_000),
    default: '86400000',
    doc: 'How long a picture is kept and its link is good, in milliseconds.',
  },
  PICTURES_BYTES: {
    read: bytes(1024, 1_125_899_906_842_624),
    default: '10GiB',
    doc: 'Most that all pictures may take together, a size as above; beyond it the oldest are removed.',
  },
  IDEMPOTENCY_TTL_MS: {
    read: time(1, 2_592_000_000),
    default: '86400000',
    doc: 'How long an Idempotency-Key buys nothing again, in milliseconds; it is kept in the database, or in memory without one.',
  },
  STREAM_KEEP_ALIVE_MS: {
    read: time(10, 600_000),
    default: '15000',
    doc: 'Silence after which a stream gets a comment as heartbeat, so that no proxy cuts the connection, in milliseconds.',
  },
  DRAIN_TIMEOUT_MS: {
    read: time(0, 86_400_000),
    default: '120000',
    doc: 'How long a stopping gateway waits for work under way, in milliseconds.',
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
} as const satisfies Record<string, Variable>
