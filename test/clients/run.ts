import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { picture } from '../helpers/images.ts'
import { openWorld } from '../helpers/world.ts'
import { CHECKS } from './checks.ts'
import { CLIENTS } from './clients.ts'
import { Driver } from './driver.ts'
import { Skipped } from './toolchains.ts'
import { countingUpstream } from './upstream.ts'
import type { Trial } from './checks.ts'
import type { Client } from './clients.ts'
import type { Tools } from './toolchains.ts'

/**
 * npm run test:clients [-- --short] [-- --only NAME]: real clients, each in its own language, against a gateway of its
 * own process with a sandbox behind it that counts what is bought. Installs the clients into node_modules/.cache once. A
 * client whose language or registry is missing is skipped, with a sentence.
 */
const { values: options } = parseArgs({
  options: { short: { type: 'boolean', default: false }, only: { type: 'string', default: '' } },
})
const KEY = 'sk-gw-clients-0123456789'

const counts = { passed: 0, failed: 0, skipped: 0 }

function chosen(): Client[] {
  return CLIENTS.filter(({ name, isSlow }) => name.includes(options.only) && !(options.short && isSlow === true))
}

/** @returns undefined where the client is skipped, or cannot be installed */
function prepared(client: Client): Tools | undefined {
  try {
    return client.prepare()
  } catch (error) {
    if (error instanceof Skipped) skipped(error)
    else failed('can be installed', error)
    return undefined
  }
}

function skipped({ message }: Skipped): void {
  counts.skipped++
  console.log(`  skipped: ${message}`)
}

function failed(name: string, error: unknown): void {
  counts.failed++
  console.log(`  FAILED  ${name}\n          ${error instanceof Error ? error.message : String(error)}`)
}

async function tryAll(trial: Trial): Promise<void> {
  for (const [index, { name, needs, run }] of CHECKS.entries()) {
    if (!needs.every((ability) => trial.client.can.includes(ability))) continue
    try {
      await run(trial, `A lighthouse for ${trial.client.name}, number ${index}.`)
      counts.passed++
      console.log(`  ok      ${name}`)
    } catch (error) {
      failed(name, error)
    }
  }
}

const world = openWorld(await countingUpstream(), { GATEWAY_KEYS: `clients=${KEY}` })
try {
  const gateway = await world.spawn()
  const image = join(world.directory, 'square.png')
  writeFileSync(image, await picture(64, 64))
  for (const client of chosen()) {
    console.log(client.name)
    const tools = prepared(client)
    if (tools === undefined) continue
    const command = [...tools.command, ...(client.args ?? [])]
    const driver = new Driver(command, { ...client.environment, BASE_URL: `${gateway.url}/v1`, API_KEY: KEY })
    await tryAll({ client, driver, gateway, upstream: world.upstream, image })
    await driver.close()
  }
} finally {
  await world.close()
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
process.exitCode = counts.failed === 0 ? 0 : 1
