import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { aiGateways } from './ai-gateways.ts'
import { bareGateway, gateway } from './gateway.ts'
import { proxies } from './proxies.ts'
import type { System } from './system.ts'

const fastify = createRequire(import.meta.url)('fastify/package.json') as { version: string }

/** The measure of refusals: no gateway on Fastify can refuse faster. */
const bareRoute: System = {
  id: 'fastify',
  title: 'bare Fastify route',
  settings: 'parses the JSON body, compares one field, answers 400',
  fairness: 'checks one field, and nobody is authenticated',
  works: ['h'],
  prepare: () => Promise.resolve(undefined),
  version: () => fastify.version,
  start: ({ port }) => {
    const args = [resolve(import.meta.dirname, 'fastify-route.ts'), String(port)]
    return Promise.resolve({ launch: { command: process.execPath, args } })
  },
}

/** Every system, in the order of the tables. */
export const SYSTEMS: readonly System[] = [gateway, bareGateway, ...proxies, ...aiGateways, bareRoute]

/** A system that runs already, with the upstream of the benchmark (PEERS_UPSTREAM_PORT) as its own. */
export function peer(name: string, url: string): System {
  return {
    id: name,
    title: name,
    settings: `already running at ${url}`,
    fairness: 'not started by the benchmark: its core and settings are unknown, its CPU and memory are not measured',
    url,
    prepare: () => Promise.resolve(undefined),
    version: () => 'unknown',
    works: ['a', 'b', 'c', 'd1', 'd2', 'e', 'f1', 'f2', 'g'],
    start: () => Promise.reject(new Error('it runs already')),
  }
}
