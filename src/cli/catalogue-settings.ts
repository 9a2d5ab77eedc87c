import { checkedDefaultParameters, configuredCatalogue } from '../app/catalogue.ts'
import { loadEnvFile, readSettings } from '../config/config.ts'
import type { ParameterDefaults } from '../access/keys/parameter-defaults.ts'
import type { Catalogue } from '../models/catalogue.ts'

export interface CatalogueSettings {
  readonly catalogue: Catalogue
  readonly defaultModel: string
  readonly defaultParameters: ParameterDefaults
  readonly priceMultiplier: number
}

/** The models that a gateway with this configuration would know, and what it fills in. */
export function catalogueSettings(): CatalogueSettings {
  loadEnvFile()
  const settings = readSettings([
    'MODELS_FILE',
    'UNKNOWN_MODELS',
    'DATABASE',
    'PICTURES',
    'DEFAULT_MODEL',
    'DEFAULT_PARAMETERS',
    'PRICE_MULTIPLIER',
  ])
  const { DEFAULT_MODEL: defaultModel, PRICE_MULTIPLIER: priceMultiplier } = settings
  const catalogue = configuredCatalogue(settings)
  const defaultParameters = checkedDefaultParameters(catalogue, settings)
  return { catalogue, defaultModel, defaultParameters, priceMultiplier }
}
