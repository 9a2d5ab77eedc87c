import { GatewayError } from '../../errors/gateway-error.ts'
import { describeModel } from '../../models/describe.ts'
import { printJson, printRows, withFormats, write } from '../output.ts'
import { catalogueSettings } from '../catalogue-settings.ts'
import type { Command } from 'commander'
import type { Model } from '../../models/model.ts'
import type { ParameterRules } from '../../models/rules/parameter-rules.ts'
import type { Parameter } from '../../models/rules/parameter.ts'
import type { ImagePriceRow, Price } from '../../models/prices/price.ts'
import type { Column, OutputOptions } from '../output.ts'

/** `models [ID]`: the catalogue; of one model, its rules and prices. */
export function addModelsCommand(program: Command): void {
  withFormats(program.command('models [id]').description('the models; with an id, its parameters, rules and prices'))
    .addHelpText('after', '\nExample:\n  comet-gateway models gpt-image-2\n')
    .action((id: string | undefined, options: OutputOptions) => {
      const { catalogue } = catalogueSettings()
      if (id === undefined) return printRows(catalogue.models, MODEL_COLUMNS, options, 'No models.')
      const { entry } = catalogue.resolve(id)
      if (catalogue.find(id) === undefined) {
        throw new GatewayError('model_not_found', `'${id}' is not in the catalogue: it is forwarded, hardly checked`)
      }
      if (options.json === true) return printJson(describeModel(entry))
      for (const [operation, rules] of Object.entries(entry.ruleSets)) {
        const rows = rules.entries.map(([name, rule]) => ({ operation, name, rule }))
        if (options.csv === true) printRows(rows, PARAMETER_COLUMNS, options, '')
        else printOperation(entry, operation, rows, rules)
      }
      if (options.csv !== true) printPrice(entry)
    })
}

interface ParameterRow {
  readonly operation: string
  readonly name: string
  readonly rule: Parameter
}

const MODEL_COLUMNS: readonly Column<Model>[] = [
  { name: 'id', title: 'Model', value: ({ id }) => id },
  { name: 'vendor', title: 'Vendor', value: ({ vendor }) => vendor },
  { name: 'operations', title: 'Operations', value: ({ ruleSets }) => Object.keys(ruleSets).join(' ') },
  { name: 'price', title: 'Price (USD)', value: ({ price }) => priceInShort(price) },
]

const PARAMETER_COLUMNS: readonly Column<ParameterRow>[] = [
  { name: 'operation', title: 'Operation', forPrograms: true, value: ({ operation }) => operation },
  { name: 'parameter', title: 'Parameter', value: ({ name }) => name },
  {
    name: 'required',
    title: '',
    value: ({ rule }) => rule.required,
    shown: ({ rule }) => (rule.required ? 'required' : ''),
  },
  { name: 'allowed', title: 'Allowed', value: ({ rule }) => rule.allowed },
]

function printOperation(
  { id, vendor }: Model,
  operation: string,
  rows: readonly ParameterRow[],
  { combinations }: ParameterRules,
): void {
  write([`${id} (${vendor}), ${operation}`, ''])
  printRows(rows, PARAMETER_COLUMNS, {}, 'It takes whatever the upstream takes.')
  const rules = combinations.map(({ param, rule }) => `  ${param}: ${rule}`)
  write([...(rules.length === 0 ? [] : ['', 'Rules:', ...rules]), ''])
}

function printPrice({ price, notes = [] }: Model): void {
  write([
    'Price:',
    ...priceLines(price),
    ...(notes.length === 0 ? [] : ['', 'Notes:', ...notes.map((note) => `  ${note}`)]),
  ])
}

function priceInShort(price: Price | undefined): string {
  if (price === undefined) return 'not known'
  if (price.unit === 'token') {
    const { textInput, imageInput, imageOutput } = price.usdPerMillionTokens
    return `per million tokens: ${textInput} text in, ${imageInput} image in, ${imageOutput} out`
  }
  const usd = price.usdPerImage.map((row) => row.usd)
  const [least, most] = [Math.min(...usd), Math.max(...usd)]
  return least === most ? `${least} per image` : `${least} to ${most} per image`
}

function priceLines(price: Price | undefined): string[] {
  if (price === undefined) return ['  not known']
  const source = `  (${price.source.cite}, ${price.source.asOf})`
  if (price.unit === 'token') {
    const rates = Object.entries(price.usdPerMillionTokens)
    return ['  USD per million tokens:', ...rates.map(([kind, usd]) => `    ${kind.padEnd(12)} ${usd}`), source]
  }
  const condition = ({ quality, size }: ImagePriceRow): string =>
    [quality, size].filter((part) => part !== undefined).join(' ')
  return [...price.usdPerImage.map((row) => `  ${row.usd} USD per image ${condition(row)}`.trimEnd()), source]
}
