import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'

/** The nearest package.json is the same from src/ and from dist/src/. */
const packageJson: unknown = JSON.parse(readFileSync(findPackageJSON('.', import.meta.url) ?? '', 'utf8'))

/** The version in package.json. */
export const VERSION: string = (packageJson as { version: string }).version
