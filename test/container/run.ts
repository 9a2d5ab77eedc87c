import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { findEngine, IMAGES } from './engine.ts'

/**
 * npm run test:container: builds both images and drives their containers with the SDK. Where no engine is there, it says
 * so and counts as passed, unless `-- --required` is given.
 */
const ROOT = join(import.meta.dirname, '../..')

function build(program: string): number {
  for (const [target, tag] of Object.entries(IMAGES)) {
    const { status } = spawnSync(program, ['build', '-q', '--target', target, '-t', tag, '.'], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    if (status !== 0) return status ?? 1
  }
  return 0
}

function test(program: string): number {
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs')
  const args = [vitest, 'run', '--config', join(import.meta.dirname, 'vitest.config.ts')]
  const env = { ...process.env, CONTAINER_ENGINE: program }
  return spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit', env }).status ?? 1
}

const engine = findEngine()
if ('missing' in engine) {
  console.log(`test:container skipped: ${engine.missing}`)
  process.exitCode = process.argv.includes('--required') ? 1 : 0
} else {
  process.exitCode = build(engine.program) || test(engine.program)
}
