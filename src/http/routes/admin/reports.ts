import { dateOfDay } from '../../../accounting/period.ts'
import { firstDayOf } from '../../../accounting/calendar.ts'
import { GatewayError } from '../../../errors/gateway-error.ts'
import { generationsAnswer, usageAnswer } from './answers.ts'
import { generationJson, openJson, pageJson, spendLimitJson, totalJson, usageJson } from './json.ts'
import { adminRoute } from './route.ts'
import { generationsQuery, usageQuery } from './schemas.ts'

const usage = adminRoute({
  method: 'GET',
  path: '/gateway/usage',
  operationId: 'usage',
  summary: 'What was bought, by key, model or day: the dearest first, days in order. Days are UTC.',
  query: usageQuery,
  status: 200,
  answer: usageAnswer,
  handle: async ({ reports, ledger }, { query: { by, since, key, limit, after }, now }) => {
    const sinceDay = firstDayOf(since, now) ?? 0
    const rows = await reports.usage({ by, sinceDay, keyName: key })
    const first = after === undefined ? 0 : rows.findIndex(({ group }) => group === after) + 1
    if (after !== undefined && first === 0) {
      throw new GatewayError('invalid_value', "Invalid value for 'after': it is on no page.", { param: 'after' })
    }
    const page = rows.slice(first, first + limit)
    const hasMore = first + page.length < rows.length
    return {
      ...pageJson(page.map(usageJson), hasMore ? page.at(-1)?.group : undefined),
      by,
      since: dateOfDay(sinceDay),
      total: totalJson(rows),
      spend_limit: spendLimitJson(await ledger.spending(now), now),
    }
  },
})

const generations = adminRoute({
  method: 'GET',
  path: '/gateway/generations',
  operationId: 'generations',
  summary: 'The rows of the ledger, the newest first.',
  query: generationsQuery,
  status: 200,
  answer: generationsAnswer,
  handle: async ({ reports }, { query: { key: keyName, failed, limit, before } }) => {
    const isFirstPage = before === undefined && !failed
    const open = isFirstPage ? await reports.underWay({ keyName, limit }) : []
    // One more than asked for says whether there is another page.
    const ended = await reports.generations({ keyName, failedOnly: failed, limit: limit + 1, beforeSeq: before })
    const page = ended.slice(0, limit)
    const next = ended.length > page.length ? page.at(-1)?.seq : undefined
    return { ...pageJson(page.map(generationJson), next?.toString()), under_way: open.map(openJson) }
  },
})

export const REPORT_ROUTES = [usage, generations] as const
