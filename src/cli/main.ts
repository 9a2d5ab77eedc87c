import { parseArgs } from 'node:util'
import { VERSION } from '../version.ts'
import { failWith } from './failure.ts'

const HELP = `comet-gateway ${VERSION}: an OpenAI-compatible gateway for CometAPI's image models

Usage:
  comet-gateway [serve]   start the gateway; configured by environment variables or .env (see .env.example)
  comet-gateway demo      start it with the offline sandbox and make one picture  [--once] [--out FILE]

Options:
  -h, --help      show this help
  -v, --version   show the version

Examples:
  SANDBOX=true comet-gateway
  COMETAPI_KEY=sk-... comet-gateway
`

/** sysexits.h, EX_USAGE. */
const EXIT_USAGE = 64

/** The `comet-gateway` command: picks what to run. */
async function main(args: readonly string[]): Promise<void> {
  const [command = 'serve', ...rest] = args
  if (['-h', '--help', 'help'].includes(command)) process.stdout.write(HELP)
  else if (['-v', '--version'].includes(command)) console.log(VERSION)
  else if (command === 'serve' && rest.length === 0) await import('../main.ts')
  else if (command === 'demo') await runDemo(rest)
  else {
    console.error(`comet-gateway: unknown command '${args.join(' ')}'. Try comet-gateway --help.`)
    process.exit(EXIT_USAGE)
  }
}

async function runDemo(args: readonly string[]): Promise<void> {
  const options = {
    once: { type: 'boolean', default: false },
    out: { type: 'string' },
    prompt: { type: 'string' },
  } as const
  let values
  try {
    values = parseArgs({ args: [...args], options }).values
  } catch (error) {
    console.error(`comet-gateway demo: ${(error as Error).message}`)
    process.exit(EXIT_USAGE)
  }
  const { demo } = await import('./demo.ts')
  await demo(values)
}

await main(process.argv.slice(2)).catch(failWith)
