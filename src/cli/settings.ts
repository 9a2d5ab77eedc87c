import { checkedDefaultParameters, configuredCatalogue } from '../app/catalogue.ts'
import { loadEnvFile, readSettings } from '../config/config.ts'
import { Store } from '../stores/sqlite/store.ts'
import type { ParameterDefaults } from '../access/keys/parameter-defaults.ts'
import type { Catalogue } from '../models/catalogue.ts'

/** Opens the store of DATA_DIR for a command, and closes it when the command is done. */
export async function withStore<T>(
  options: { readonly create: boolean },
  work: (store: Store) => T | Promise<T>,
): Promise<T> {
  loadEnvFile()
  const store = Store.forCommand(readSettings(['DATA_DIR']).DATA_DIR, options)
  try {
    return await work(store)
  } finally {
    store.close()
  }
}

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
    'DEFAULT_MODEL',
    'DEFAULT_PARAMETERS',
    'PRICE_MULTIPLIER',
  ])
  const { DEFAULT_MODEL: defaultModel, PRICE_MULTIPLIER: priceMultiplier } = settings
  const catalogue = configuredCatalogue(settings)
  const defaultParameters = checkedDefaultParameters(catalogue, settings)
  return { catalogue, defaultModel, defaultParameters, priceMultiplier }
}
