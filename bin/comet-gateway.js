#!/usr/bin/env node
// Plain JavaScript for any Node: finds a Node that is new enough, then hands over to src/ (or dist/ when installed).
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const NEEDED = [22, 19]
const here = fileURLToPath(new URL('.', import.meta.url))
const [major, minor] = process.versions.node.split('.').map(Number)
const isNewEnough = major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])
const bundled = `${here}../node_modules/node/bin/node`

// Node 22 warns about its SQLite at each start; the suite runs on it, and nobody who starts a gateway can do anything about it.
const { emitWarning } = process
process.emitWarning = (warning, ...rest) => {
  if (!String(warning).startsWith('SQLite is an experimental feature')) emitWarning.call(process, warning, ...rest)
}

if (isNewEnough) {
  // Node strips no types below node_modules: an installed package runs its compiled form.
  const isInstalled = here.includes('/node_modules/') || here.includes('\\node_modules\\')
  const src = new URL(isInstalled ? '../dist/src/' : '../src/', import.meta.url)
  // First, so that the types of the files after it are stripped once for all starts.
  const { keepCompiledCode } = await import(new URL('app/compile-cache.js', src).href)
  keepCompiledCode()
  await import(new URL(isInstalled ? 'cli/main.js' : 'cli/main.ts', src).href)
} else if (existsSync(bundled)) {
  const child = spawn(bundled, process.argv.slice(1), { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)))
} else {
  console.error(`comet-gateway needs Node ${NEEDED.join('.')} or newer, and this is ${process.versions.node}.`)
  process.exit(1)
}
