import { readFileSync } from 'node:fs'
import { formatUsd, usdOf } from '../../accounting/money.ts'
import { imagesGenerations } from '../../gateway/requests/images-generations.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { checkCall, resolveModel } from '../../gateway/check-request.ts'
import { highestCostMicros } from '../../models/prices/cost.ts'
import { printJson, write } from '../output.ts'
import { printable } from '../../errors/printable.ts'
import { catalogueSettings } from '../catalogue-settings.ts'
import type { Command } from 'commander'
import type { Order } from '../../gateway/requests/order.ts'

const STANDARD_INPUT = 0

/** `check FILE|-`: the gateway's answer to a request, without sending it anywhere. */
export function addCheckCommand(program: Command): void {
  program
    .command('check <file>')
    .description('check a request body offline: its rules and its highest cost (- is standard input)')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Exit code 0: the gateway would send it; 1: it would refuse it.

Example:
  echo '{"model":"gpt-image-2","prompt":"A boat","size":"1024x1024"}' | comet-gateway check -
`,
    )
    .action((file: string, { json = false }: { json?: boolean }) => {
      const body = readFileSync(file === '-' ? STANDARD_INPUT : file)
      try {
        printChecked(checkBody(body), json)
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error
        process.exitCode = 1
        if (json) return printJson({ valid: false, ...error.toBody() })
        const issues = error.details.issues ?? [{ param: error.details.param ?? null, message: error.message }]
        write(issues.map(({ param, message }) => printable(param === null ? message : `${param}: ${message}`)))
      }
    })
}

interface Checked {
  readonly model: string
  readonly micros: number | undefined
  /** The operator's defaults that are filled in. */
  readonly filled: Order['filled']
}

function checkBody(body: Buffer): Checked {
  const { catalogue: models, defaultModel, defaultParameters, priceMultiplier } = catalogueSettings()
  const call = imagesGenerations.body.parse(body)
  const defaultModels = { 'images.generations': defaultModel, 'images.edits': '', 'images.variations': '' }
  const model = resolveModel({ models, defaultModels }, imagesGenerations, call)
  const defaults = Object.entries(defaultParameters)
  const terms = { endpoint: imagesGenerations, policy: 'strict', defaults } as const
  const { parameters, filled } = checkCall({ models }, call, model, terms)
  return { model: model.id, micros: highestCostMicros(model.entry, parameters, priceMultiplier), filled }
}

function printChecked({ model, micros, filled }: Checked, json: boolean): void {
  const defaults = Object.fromEntries(filled)
  if (json) return printJson({ valid: true, model, highest_cost_usd: usdOf(micros) ?? null, defaults })
  const words = [...filled].map(([name, value]) => `${name}=${value}`)
  const beside = words.length === 0 ? '' : `, with the defaults ${words.join(', ')}`
  write([`valid: ${printable(model)}, at most ${inWords(micros)}${beside}`])
}

function inWords(micros: number | undefined): string {
  return micros === undefined ? 'an unknown price' : formatUsd(micros)
}
