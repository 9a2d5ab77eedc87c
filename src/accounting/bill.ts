import { z } from 'zod'
import { microsOf } from './money.ts'
import type { UsageSum } from './reports.ts'

const usd = z.number().finite()
const quotaAnswer = z.object({
  keys: z.array(z.object({ name: z.string(), used_quota: usd.optional() })).optional(),
  total_used_quota: usd.optional(),
  daily_quota: z
    .record(
      z.string(),
      z.array(z.object({ token_name: z.string(), quota_used: usd, request_count: z.number().optional() })),
    )
    .nullish()
    .transform((days) => days ?? undefined),
})

/** The used quota of CometAPI's keys, in USD, as its query service answers (GET /user/quota). */
export type Bill = z.infer<typeof quotaAnswer>

/** One day of the ledger beside the same day of the bill. A side that says nothing of the day is undefined. */
export interface BilledDay {
  readonly day: string
  readonly bookedMicros: number | undefined
  readonly billedMicros: number | undefined
  readonly generations: number | undefined
  readonly requests: number | undefined
}

/** @throws Error in plain words where the text is no such answer */
export function readBill(text: string): Bill {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new Error('is not JSON', { cause: error })
  }
  const answer = quotaAnswer.safeParse(json)
  if (!answer.success) throw new Error(`is not valid:\n${z.prettifyError(answer.error)}`)
  if (answer.data.keys === undefined && answer.data.daily_quota === undefined) throw new Error('names no key')
  return answer.data
}

/**
 * The days of the ledger and of the bill, in order.
 * @param keyName the key's name at CometAPI; undefined for all of its account
 */
export function billedDays(bill: Bill, booked: readonly UsageSum[], keyName: string | undefined): readonly BilledDay[] {
  const ledger = new Map(booked.map((sum) => [sum.group, sum]))
  const billed = new Map(Object.entries(bill.daily_quota ?? {}).map(([day, keys]) => [day.slice(0, 10), keys]))
  return [...new Set([...ledger.keys(), ...billed.keys()])].toSorted().map((day) => {
    const rows = billed.get(day)?.filter(({ token_name: name }) => keyName === undefined || name === keyName)
    const sum = ledger.get(day)
    return {
      day,
      bookedMicros: sum?.costMicros,
      billedMicros: rows === undefined ? undefined : microsOf(rows.reduce((all, row) => all + row.quota_used, 0)),
      generations: sum?.generations,
      requests: rows?.reduce((all, row) => all + (row.request_count ?? 0), 0),
    }
  })
}
