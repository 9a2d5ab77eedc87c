import { endingOf } from '../app/failure.ts'

/** The `comet-gateway` command. Without arguments it serves, at once: the other commands need not be loaded. */
async function main(args: readonly string[]): Promise<void> {
  if (args.length === 0 || (args.length === 1 && args[0] === 'serve')) {
    await import('../main.ts')
    return
  }
  const { createProgram } = await import('./program.ts')
  const program = await createProgram(args[0])
  await program.parseAsync([...args], { from: 'user' })
}

await main(process.argv.slice(2)).catch((error: unknown) => {
  const { message, exitCode } = endingOf(error)
  if (message !== undefined) console.error(message)
  process.exit(exitCode)
})
