import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { loadEnvFile, readSettings } from '../../config/config.ts'
import { comparePrices, readPriceList } from '../../models/prices/price-list.ts'
import { MAX_CHANGE, isDrastic, updatedModelsFile } from '../../models/prices/updated-models-file.ts'
import { printRows, remark, withFormats, write } from '../output.ts'
import { catalogueSettings } from '../catalogue-settings.ts'
import { failure, readSource } from '../source.ts'
import type { Command } from 'commander'
import type { Finding, PriceFinding } from '../../models/prices/price-list.ts'
import type { Column, OutputOptions } from '../output.ts'

interface SourceOptions {
  readonly from?: string
}

/** Words for people; a program has the finding itself. */
const WORDS: Readonly<Record<Finding, string>> = {
  same: 'the same',
  differs: 'differs',
  other_unit: 'priced in another way: look at it',
  no_price: 'listed without a price',
  not_listed: 'not in the list',
  not_known: 'not in the catalogue',
}

const COLUMNS: readonly Column<PriceFinding>[] = [
  { name: 'model', title: 'Model', value: ({ model }) => model },
  { name: 'price', title: 'Price of', value: ({ kind }) => kind, shown: ({ kind = '' }) => kind.replaceAll('_', ' ') },
  { name: 'catalogue_usd', title: 'Catalogue', align: 'right', value: ({ ours }) => ours },
  { name: 'listed_usd', title: 'List', align: 'right', value: ({ theirs }) => theirs },
  { name: 'ratio', title: 'Ratio', align: 'right', value: ({ ratio }) => ratio },
  { name: 'finding', title: '', value: ({ finding }) => finding, shown: ({ finding }) => WORDS[finding] },
]

/** `prices diff` and `prices update`: the catalogue beside CometAPI's public list. */
export function addPricesCommand(program: Command): void {
  const prices = program.command('prices').description("the catalogue's prices beside CometAPI's public list")
  withFormats(prices.command('diff').description('what differs; per million tokens, or per image, in USD'))
    .option('--from <source>', 'file or address of the list; default GET /api/models of CometAPI')
    .option('--all', 'also what is the same, and models that only one of the two has')
    .addHelpText('after', '\nExit code 1: prices differ.\n\nExample:\n  comet-gateway prices diff\n')
    .action(async ({ from, all = false, ...options }: SourceOptions & OutputOptions & { all?: boolean }) => {
      const findings = await compared(from)
      const isShown = ({ finding }: PriceFinding): boolean => all || finding === 'differs' || finding === 'other_unit'
      printRows(findings.filter(isShown), COLUMNS, options, 'All prices that both have are the same.')
      if (findings.some(({ finding }) => finding === 'differs')) process.exitCode = 1
    })
  prices
    .command('update')
    .description('write the prices of the list into a MODELS_FILE; everything else in it stays')
    .option('--from <source>', 'file or address of the list; default GET /api/models of CometAPI')
    .option('--out <file>', 'default MODELS_FILE')
    .option('--force', `also prices that change by more than a factor of ${MAX_CHANGE}`)
    .addHelpText('after', '\nExample:\n  comet-gateway prices update --out models.json\n')
    .action(async ({ from, out, force = false }: SourceOptions & { out?: string; force?: boolean }) =>
      update(await compared(from), out, force),
    )
  prices.addHelpText('after', '\nExample:\n  comet-gateway prices diff --from models-of-cometapi.json\n')
}

/** The list is public: no key is sent. */
async function compared(from: string | undefined): Promise<readonly PriceFinding[]> {
  const { catalogue } = catalogueSettings()
  const source = from ?? `${readSettings(['COMETAPI_BASE_URL']).COMETAPI_BASE_URL}/api/models`
  const text = await readSource(source)
  try {
    return comparePrices(catalogue, readPriceList(text))
  } catch (error) {
    throw failure(`${source} ${(error as Error).message}`)
  }
}

function update(findings: readonly PriceFinding[], out: string | undefined, isForced: boolean): void {
  loadEnvFile()
  const file = out ?? readSettings(['MODELS_FILE']).MODELS_FILE
  if (file === undefined) throw failure('there is no MODELS_FILE: say --out models.json')
  const differing = findings.filter(({ finding }) => finding === 'differs')
  const isWritten = (finding: PriceFinding): boolean => isForced || !isDrastic(finding)
  const left = differing.filter((finding) => !isWritten(finding))
  for (const { model, ours, theirs } of left)
    remark(`${model} is left as it is: ${ours} to ${theirs} is a large change. Look at it, then --force.`)
  if (left.length > 0) process.exitCode = 1
  const written = differing.length - left.length
  if (written === 0) return write(['Nothing to write.'])
  try {
    replaceFile(file, updatedModelsFile(existsSync(file) ? readFileSync(file, 'utf8') : undefined, findings, isWritten))
  } catch (error) {
    throw failure(`${file} ${(error as Error).message}`)
  }
  write([`${written} ${written === 1 ? 'price is' : 'prices are'} written to ${file}.`])
  remark('A gateway reads MODELS_FILE at its start.')
}

/** Whole or not at all: a gateway may start at any moment. */
function replaceFile(file: string, text: string): void {
  const partial = `${file}.partial`
  try {
    writeFileSync(partial, text)
    renameSync(partial, file)
  } finally {
    rmSync(partial, { force: true })
  }
}
