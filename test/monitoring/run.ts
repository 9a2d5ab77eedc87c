import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory } from '../helpers/directory.ts'
import { eventually } from '../helpers/eventually.ts'
import { freePort } from '../helpers/free-port.ts'
import { startGateway } from '../helpers/gateway.ts'
import { QUERIES } from './queries.ts'
import type { ChildProcess } from 'node:child_process'
import type { TestGateway } from '../helpers/gateway.ts'
import type { DashboardQuery } from './queries.ts'

/**
 * npm run test:monitoring: promtool checks the configuration and the rules and runs their unit tests; then a real
 * Prometheus scrapes a gateway under traffic, and each query of the dashboard must return data. Skipped without Prometheus.
 */
const DOCKER = join(import.meta.dirname, '../../docker')
const ADMIN_KEY = 'sk-admin-of-the-monitoring-0123456789'
const TOKEN = 'metrics-token-0123456789'

function promtool(...args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`promtool ${args.join(' ')}:\n${stdout}${stderr}`)
  console.log(`promtool ${args.slice(0, 2).join(' ')}: ok`)
}

/** The committed configuration, with this gateway as its target and a look every second. */
function configure(directory: string, target: string): string {
  const file = join(directory, 'prometheus.yml')
  const token = join(directory, 'metrics-token')
  cpSync(join(DOCKER, 'prometheus/rules.yml'), join(directory, 'rules.yml'))
  writeFileSync(token, TOKEN)
  const text = readFileSync(join(DOCKER, 'prometheus/prometheus.yml'), 'utf8')
    .replaceAll('15s', '1s')
    .replace('gateway:8080', target)
    .replace('/etc/prometheus/metrics-token', token)
  writeFileSync(file, text)
  return file
}

async function startTrafficTarget(): Promise<TestGateway> {
  return startGateway('', {
    SANDBOX: 'true',
    SANDBOX_LATENCY_MS: '20',
    SANDBOX_FAILURE_RATE: '0.2',
    UPSTREAM_RETRIES: '0',
    DATABASE: 'true',
    ADMIN_KEY,
    METRICS_TOKEN: TOKEN,
    SPEND_LIMIT: '100/month',
    DEFAULT_PARAMETERS: 'output_format=jpeg',
  })
}

/** The orders of docker/traffic.js, until it is ended. */
function startTraffic(url: string): ChildProcess {
  const env = { PATH: process.env['PATH'], GATEWAY_URL: url, ADMIN_KEY, PAUSE_MS: '300' }
  return spawn(process.execPath, [join(DOCKER, 'traffic.js')], { stdio: ['ignore', 'inherit', 'inherit'], env })
}

async function answers(prometheus: string, { panel, expr }: DashboardQuery): Promise<void> {
  await eventually(
    `${panel}: ${expr} returns data`,
    async () => {
      const response = await fetch(`${prometheus}/api/v1/query?query=${encodeURIComponent(expr)}`)
      const { data } = (await response.json()) as { data?: { result: readonly { value: readonly [number, string] }[] } }
      return data?.result.some(({ value: [, number] }) => number !== 'NaN') === true
    },
    { patienceMs: 60_000 },
  )
}

async function run(): Promise<void> {
  const directory = temporaryDirectory()
  const gateway = await startTrafficTarget()
  const address = `127.0.0.1:${await freePort()}`
  const config = configure(directory.path, gateway.url.replace('http://', ''))
  promtool('check', 'config', config)
  promtool('test', 'rules', join(DOCKER, 'prometheus/rules.test.yml'))
  const storage = `--storage.tsdb.path=${join(directory.path, 'tsdb')}`
  const args = [`--config.file=${config}`, storage, `--web.listen-address=${address}`, '--log.level=error']
  const children = [spawn('prometheus', args, { stdio: ['ignore', 'inherit', 'inherit'] }), startTraffic(gateway.url)]
  try {
    await eventually('Prometheus is ready', async () => (await fetch(`http://${address}/-/ready`)).ok)
    for (const query of QUERIES) await answers(`http://${address}`, query)
    const rules = await (await fetch(`http://${address}/api/v1/rules`)).text()
    if (rules.includes('"health":"err"')) throw new Error(`a rule cannot be evaluated: ${rules}`)
    console.log(`Prometheus returned data for each of the ${QUERIES.length} queries of the dashboard`)
  } finally {
    for (const child of children) child.kill('SIGTERM')
    await Promise.all(children.map(async (child) => (child.exitCode === null ? once(child, 'exit') : undefined)))
    await gateway.close()
    directory.remove()
  }
}

const missing = ['prometheus', 'promtool'].filter((tool) => spawnSync(tool, ['--version']).status !== 0)
if (missing.length === 0) await run()
else
  console.log(`test:monitoring skipped: there is no ${missing.join(' and no ')} (Debian: apt-get install prometheus)`)
