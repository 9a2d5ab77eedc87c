import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { intoCache, isInstalled } from './install.ts'
import { ANY_KEY } from './system.ts'
import type { System } from './system.ts'

const BENCH = resolve(import.meta.dirname, '..')
const REQUIREMENTS = join(import.meta.dirname, 'litellm.txt')
const PORTKEY_FILES = [join(BENCH, 'package.json'), join(BENCH, 'package-lock.json')]
const ALL_OF_THEM = 'parses each answer and writes it anew'

function portkeySystem(): System {
  let directory = ''
  return {
    id: 'portkey',
    title: 'Portkey',
    settings: '`@portkey-ai/gateway` on the same Node, provider openai with the upstream as custom host',
    fairness: `${ALL_OF_THEM}; no keys, money or metrics of its own are on`,
    isHeavy: true,
    prepare: async (mayInstall) => {
      const args = ['ci', '--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund']
      const installation = await intoCache(PORTKEY_FILES, mayInstall, () => [{ command: 'npm', args }])
      directory = join(installation.directory, 'node_modules/@portkey-ai/gateway')
      return installation.problem
    },
    version: () => (JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { version: string }).version,
    start: ({ port, upstream: { url, certificate } }) => {
      const trust = certificate === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificate }
      const args = [join(directory, 'build/start-server.js'), '--headless', `--port=${port}`]
      const environment = { NODE_ENV: 'production', ...trust }
      const headers = { ...ANY_KEY, 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${url}/v1` }
      return Promise.resolve({ launch: { command: process.execPath, args, environment }, headers })
    },
  }
}

function litellmSystem(): System {
  let programs = ''
  return {
    id: 'litellm',
    title: 'LiteLLM proxy',
    settings: 'one worker, provider openai at the upstream, a master key, no database',
    fairness: `${ALL_OF_THEM}; its database, which it needs for keys and budgets, is off`,
    isHeavy: true,
    prepare: async (mayInstall) => {
      if (!isInstalled('python3')) return 'there is no python3'
      const installation = await intoCache([REQUIREMENTS], mayInstall, (directory) => {
        const pip = join(directory, 'venv/bin/pip')
        const args = ['install', '--quiet', '--disable-pip-version-check', '--retries', '1', '-r', 'litellm.txt']
        return [
          { command: 'python3', args: ['-m', 'venv', 'venv'] },
          { command: pip, args },
        ]
      })
      programs = join(installation.directory, 'venv/bin')
      return installation.problem
    },
    version: () => {
      const code = "import importlib.metadata as m; print(m.version('litellm'))"
      return spawnSync(join(programs, 'python'), ['-c', code], { encoding: 'utf8' }).stdout.trim()
    },
    start: ({ port, upstream: { url, certificate }, directory }) => {
      const file = join(directory, 'litellm.yaml')
      const parameters = { model: 'openai/gpt-image-2', api_base: `${url}/v1`, api_key: 'sk-bench-upstream' }
      const model = { model_name: 'gpt-image-2', litellm_params: parameters, model_info: { mode: 'image_generation' } }
      const key = ANY_KEY.authorization.slice('Bearer '.length)
      // JSON is YAML.
      const settings = {
        model_list: [model],
        general_settings: { master_key: key },
        litellm_settings: { num_retries: 0 },
      }
      writeFileSync(file, JSON.stringify(settings))
      const args = ['--config', file, '--host', '127.0.0.1', '--port', String(port), '--num_workers', '1']
      const trust = certificate === undefined ? {} : { SSL_CERT_FILE: certificate }
      const environment = { LITELLM_LOCAL_MODEL_COST_MAP: 'True', LITELLM_LOG: 'ERROR', ...trust }
      const launch = {
        command: join(programs, 'litellm'),
        args: [...args, '--telemetry', 'False'],
        environment,
        directory,
      }
      return Promise.resolve({ launch, headers: ANY_KEY })
    },
  }
}

export const aiGateways: readonly System[] = [portkeySystem(), litellmSystem()]
