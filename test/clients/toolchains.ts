import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const HERE = import.meta.dirname
/** Beside the packages of the root, so that `npm ci` there starts anew. */
const CACHE = join(HERE, '../../node_modules/.cache/test-clients')
/** How package managers say that they reach no registry. */
const OUT_OF_REACH =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|NewConnectionError|ConnectTimeout|ReadTimeout|ProxyError|MaxRetryError|Temporary failure in name|Name or service not known|Failed to establish|from versions: none|no such host|dial tcp|Could not resolve host|Could not transfer artifact/

/** A client cannot be tried here, for a reason that is none of the gateway's. */
export class Skipped extends Error {}

/** An installed client. */
export interface Tools {
  /** The program that runs its driver, and arguments, to which the driver's own are added. */
  readonly command: readonly string[]
}

type Install = (directory: string) => void

/** Node with the packages of a folder that has a package.json and its lockfile. */
export function nodeWith(folder: string, driver: string): Tools {
  const source = join(HERE, folder)
  const installed = prepare(folder, [join(source, 'package-lock.json')], (directory) => {
    for (const name of ['package.json', 'package-lock.json']) cpSync(join(source, name), join(directory, name))
    run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], directory)
  })
  // Node looks for packages where the program is.
  for (const name of readdirSync(source)) if (name.endsWith('.js')) cpSync(join(source, name), join(installed, name))
  return { command: [process.execPath, join(installed, driver)] }
}

/** Python with the packages of a file of requirements. */
export function pythonWith(requirements: string, driver: string): Tools {
  const version = versionOf('python3', ['--version'])
  const file = join(HERE, 'python', requirements)
  const environment = prepare(`python-${requirements}-${version}`, [file], (directory) => {
    run('python3', ['-m', 'venv', directory], directory)
    const quietly = ['--quiet', '--disable-pip-version-check', '--retries', '1', '--timeout', '30']
    run(join(directory, 'bin/python'), ['-m', 'pip', 'install', ...quietly, '--requirement', file], directory)
  })
  return { command: [join(environment, 'bin/python'), '-B', join(HERE, 'python', driver)] }
}

/** A program that is built from a folder of the Go module. */
export function goProgram(folder: string): Tools {
  versionOf('go', ['version'])
  const source = join(HERE, 'go')
  const program = join(CACHE, 'go', folder)
  run('go', ['build', '-o', program, `./${folder}`], source)
  return { command: [program] }
}

/** A program that is built from a folder of Rust. Its packages are pinned by their versions: there is no lockfile. */
export function rustProgram(folder: string, program: string): Tools {
  versionOf('cargo', ['--version'])
  const files = ['Cargo.toml', 'src/main.rs']
  const source = join(HERE, folder)
  const built = prepare(
    folder,
    files.map((name) => join(source, name)),
    (directory) => {
      for (const name of files) cpSync(join(source, name), join(directory, name))
      run('cargo', ['build', '--quiet'], directory)
    },
  )
  return { command: [join(built, 'target/debug', program)] }
}

/** A Java source file with the packages of a pom.xml. */
export function javaProgram(folder: string, source: string): Tools {
  versionOf('java', ['--version'])
  versionOf('mvn', ['--version'])
  const pom = join(HERE, folder, 'pom.xml')
  const libraries = prepare(folder, [pom], (directory) => {
    run('mvn', ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${directory}`], directory)
  })
  return { command: ['java', '-cp', join(libraries, '*'), join(HERE, folder, source)] }
}

/** A program of the system, driven from Node. */
export function systemProgram(program: string): Tools {
  versionOf(program, ['--version'])
  return { command: [process.execPath, join(HERE, 'node/command-line.js'), program] }
}

/** Installs once for every content of the files that name the packages. @returns the folder */
function prepare(name: string, files: readonly string[], install: Install): string {
  const hash = createHash('sha256')
  for (const file of files) hash.update(readFileSync(file))
  const directory = join(CACHE, `${name.replaceAll(/[^\w.-]+/g, '-')}-${hash.digest('hex').slice(0, 12)}`)
  const marker = join(directory, 'installed')
  if (existsSync(marker)) return directory
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  install(directory)
  writeFileSync(marker, '')
  return directory
}

/** The first line that a program says about its version. @throws Skipped where there is no such program */
function versionOf(program: string, args: readonly string[]): string {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0) throw new Skipped(`there is no ${program} here`)
  return stdout.split('\n')[0] ?? ''
}

/** @throws Skipped where it reaches no registry; Error where it fails otherwise */
function run(program: string, args: readonly string[], directory: string): void {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: directory, encoding: 'utf8' })
  if (status === 0) return
  const said = `${stdout}${stderr}${error?.message ?? ''}`
  if (OUT_OF_REACH.test(said)) throw new Skipped(`${program} does not reach its registry`)
  throw new Error(`${program} ${args.join(' ')} failed:\n${said.slice(-3000)}`)
}
