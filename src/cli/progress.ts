/** A running clock beside long work: one line that renews itself on a terminal, a line every 5 s elsewhere. */
export function startProgress(what: string): { stop: () => void } {
  const startedAt = performance.now()
  const { stdout } = process
  const seconds = (): string => ((performance.now() - startedAt) / 1000).toFixed(1)
  const show = (): void => {
    if (stdout.isTTY) stdout.write(`\r  ${what} … ${seconds()} s `)
    else console.log(`  ${what} … ${seconds()} s`)
  }
  show()
  const timer = setInterval(show, stdout.isTTY ? 100 : 5000)
  return {
    stop: () => {
      clearInterval(timer)
      if (stdout.isTTY) stdout.write('\r\x1b[K')
      console.log(`  took     ${seconds()} s`)
    },
  }
}
