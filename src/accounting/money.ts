/** Money is counted in whole micro-USD, so that sums are exact: a safe integer holds nine billion dollars. */
const MICROS_PER_USD = 1e6

/** Micro-USD as a decimal number of USD, for JSON, headers, metrics and log lines. */
export function usdOf(micros: number): number
export function usdOf(micros: number | undefined): number | undefined
export function usdOf(micros: number | undefined): number | undefined {
  return micros === undefined ? undefined : micros / MICROS_PER_USD
}

/** USD in micro-USD, not rounded: the price of one image or token may have fractions of one. */
export function exactMicrosOf(usd: number): number {
  return usd * MICROS_PER_USD
}

/** USD in micro-USD, rounded to the nearest. Exact for amounts with up to six decimals, below a billion dollars. */
export function microsOf(usd: number): number {
  return Math.round(exactMicrosOf(usd))
}

/** Micro-USD as `$0.0412`: two decimals at least, and as many as the amount needs. */
export function formatUsd(micros: number): string {
  const [whole = '0', fraction = ''] = usdOf(Math.abs(micros)).toFixed(6).split('.')
  return `${micros < 0 ? '-' : ''}$${whole}.${fraction.replace(/0{1,4}$/, '')}`
}
