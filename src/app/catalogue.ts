import { readFileSync } from 'node:fs'
import { ConfigError } from '../config/config.ts'
import { systemCode } from '../errors/system-error.ts'
import { NO_DEFAULTS } from '../access/keys/parameter-defaults.ts'
import { withLinks } from '../models/answer-forms.ts'
import { Catalogue, builtInModels } from '../models/catalogue.ts'
import { defaultProblems } from '../models/default-problems.ts'
import { leastUsd } from '../models/prices/price.ts'
import { readModels } from '../models/models-file.ts'
import type { ParameterDefaults } from '../access/keys/parameter-defaults.ts'
import type { Config } from '../config/config.ts'
import type { LoadedModels } from '../models/models-file.ts'
import type { Operation } from '../models/model.ts'

/** The variables that decide which models there are. */
export type CatalogueSettings = Pick<Config, 'MODELS_FILE' | 'UNKNOWN_MODELS' | 'DATABASE' | 'PICTURES'>

/**
 * The models of a configuration: the built-in ones, changed by MODELS_FILE, with links where pictures are kept.
 * @throws ConfigError where the file cannot be used
 */
export function configuredCatalogue(settings: CatalogueSettings): Catalogue {
  const { MODELS_FILE, UNKNOWN_MODELS: unknownModels } = settings
  const { models = builtInModels, ...changed }: Partial<LoadedModels> =
    MODELS_FILE === undefined ? {} : loadModelsFile(MODELS_FILE)
  return new Catalogue({ unknownModels, ...changed, models: keepsPictures(settings) ? withLinks(models) : models })
}

/** There is a shelf: it has its index in the database. */
export function keepsPictures({ DATABASE, PICTURES }: Pick<Config, 'DATABASE' | 'PICTURES'>): boolean {
  return DATABASE && PICTURES
}

/**
 * The models of requests that name none; dall-e-2 is the only one that makes variations.
 * @throws ConfigError where the catalogue has no such model for the operation
 */
export function checkedDefaultModels(
  catalogue: Catalogue,
  { DEFAULT_MODEL, DEFAULT_EDIT_MODEL }: Pick<Config, 'DEFAULT_MODEL' | 'DEFAULT_EDIT_MODEL'>,
): Readonly<Record<Operation, string>> {
  const problems = [
    ...problemsOf(catalogue, 'images.generations', ['DEFAULT_MODEL', DEFAULT_MODEL]),
    ...problemsOf(catalogue, 'images.edits', ['DEFAULT_EDIT_MODEL', DEFAULT_EDIT_MODEL]),
  ]
  if (problems.length > 0) throw new ConfigError(problems)
  return { 'images.generations': DEFAULT_MODEL, 'images.edits': DEFAULT_EDIT_MODEL, 'images.variations': 'dall-e-2' }
}

/** @throws ConfigError where no model takes one of DEFAULT_PARAMETERS */
export function checkedDefaultParameters(
  catalogue: Catalogue,
  { DEFAULT_PARAMETERS = NO_DEFAULTS }: Pick<Config, 'DEFAULT_PARAMETERS'>,
): ParameterDefaults {
  const problems = defaultProblems(catalogue, Object.entries(DEFAULT_PARAMETERS))
  if (problems.length > 0) throw new ConfigError(problems.map((problem) => `DEFAULT_PARAMETERS: ${problem}`))
  return DEFAULT_PARAMETERS
}

/** Whether every order of a key with a budget costs something, so that one without any money left can buy nothing. */
export function everythingCosts(
  { models }: Catalogue,
  { UNPRICED_MODELS, PRICE_MULTIPLIER }: Pick<Config, 'UNPRICED_MODELS' | 'PRICE_MULTIPLIER'>,
): boolean {
  const isNeverFree = models.every(({ price }) => price === undefined || leastUsd(price) > 0)
  return isNeverFree && UNPRICED_MODELS === 'refuse' && PRICE_MULTIPLIER > 0
}

function problemsOf(
  catalogue: Catalogue,
  operation: Operation,
  [variable, model]: readonly [string, string],
): readonly string[] {
  try {
    const { entry } = catalogue.resolve(model)
    return entry.ruleSets[operation] === undefined
      ? [`${variable} cannot be used: it is no model for ${operation}`]
      : []
  } catch (error) {
    return [`${variable} cannot be used: ${error instanceof Error ? error.message : String(error)}`]
  }
}

/**
 * Reads MODELS_FILE.
 * @throws ConfigError with every problem of the file in plain words
 */
export function loadModelsFile(path: string): LoadedModels {
  try {
    return readModels(textOf(path))
  } catch (error) {
    throw new ConfigError([`MODELS_FILE (${path}) ${error instanceof Error ? error.message : String(error)}`])
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Error(`cannot be read: ${systemCode(error) ?? 'unknown error'}`, { cause: error })
  }
}
