import { z } from 'zod'
import { ADMIN_ROUTES } from '../admin/admin.ts'
import { PICTURES_ROUTE } from '../pictures.ts'
import { ME_ROUTE } from '../me.ts'
import type { RouteDescription } from '../described-route.ts'

const model = z.strictObject({
  id: z.string(),
  object: z.literal('model'),
  created: z.int(),
  owned_by: z.string(),
})

/** The answer of `/gateway/check`: 200 for an invalid request too, since the question was answered. */
export const checkAnswer = z.union([
  z.strictObject({
    valid: z.literal(true),
    model: z.string(),
    highest_cost_usd: z.number().nullable().describe('At list prices; null where the price is not known.'),
    dropped_parameters: z.array(z.string()),
    defaulted_parameters: z.array(z.string()),
    defaults: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .describe('The defaults of the operator that would be filled in; the cost is that with them.'),
  }),
  z.looseObject({ valid: z.literal(false), error: z.looseObject({ message: z.string() }) }),
])

const plain = { method: 'GET', status: 200 } as const

/** Every route but the image operations and their checks, which are made of the endpoints. */
export const DESCRIBED_ROUTES: readonly RouteDescription[] = [
  {
    ...plain,
    path: '/v1/models',
    operationId: 'models.list',
    summary: 'The models that the caller may use, in OpenAI’s list shape.',
    for: 'callers',
    answer: z.strictObject({ object: z.literal('list'), data: z.array(model) }),
  },
  {
    ...plain,
    path: '/v1/models/:id',
    operationId: 'models.retrieve',
    summary: 'One model; one that the caller may not use is a 404.',
    for: 'callers',
    answer: model,
  },
  {
    ...plain,
    path: '/gateway/models',
    operationId: 'catalogue',
    summary: 'The rules of each model that the caller may use, as JSON Schema, its price, and the sources of both.',
    for: 'callers',
    answer: z.strictObject({
      object: z.literal('list'),
      data: z.array(z.looseObject({ id: z.string(), owned_by: z.string() })),
      aliases: z.record(z.string(), z.string()),
    }),
  },
  {
    ...plain,
    path: '/gateway/openapi.json',
    operationId: 'openapi',
    summary: 'This document.',
    for: 'anyone',
    answer: z.looseObject({ openapi: z.string() }),
  },
  {
    ...plain,
    path: '/docs',
    operationId: 'docs',
    summary: 'This document as a page.',
    for: 'anyone',
    answer: z.string(),
    contentType: 'text/html',
  },
  ME_ROUTE,
  PICTURES_ROUTE,
  ...ADMIN_ROUTES,
  {
    ...plain,
    path: '/healthz',
    operationId: 'healthz',
    summary: 'Is the process alive?',
    for: 'anyone',
    answer: z.strictObject({ status: z.literal('ok') }),
  },
  {
    ...plain,
    path: '/readyz',
    operationId: 'readyz',
    summary: 'Does it take work? 503 while it drains, its disk is full, or its database is gone.',
    for: 'anyone',
    answer: z.looseObject({ status: z.string() }),
  },
  {
    ...plain,
    path: '/metrics',
    operationId: 'metrics',
    summary: 'Prometheus metrics; off loopback for the holder of METRICS_TOKEN or ADMIN_KEY.',
    for: 'callers',
    isOpenOnLoopback: true,
    answer: z.string(),
    contentType: 'text/plain',
  },
]
