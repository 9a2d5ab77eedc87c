import { ConfigError, loadEnvFile, readSettings } from '../config/config.ts'
import { Catalogue } from '../models/catalogue.ts'
import { loadModelsFile } from '../models/models-file.ts'
import { Store } from '../stores/sqlite/store.ts'

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

/** The models that a gateway with this configuration would know. */
export function configuredCatalogue(): { catalogue: Catalogue; defaultModel: string; priceMultiplier: number } {
  loadEnvFile()
  const settings = readSettings(['MODELS_FILE', 'UNKNOWN_MODELS', 'DEFAULT_MODEL', 'PRICE_MULTIPLIER'])
  const { MODELS_FILE, UNKNOWN_MODELS: unknownModels } = settings
  try {
    const loaded = MODELS_FILE === undefined ? {} : loadModelsFile(MODELS_FILE)
    return {
      catalogue: new Catalogue({ unknownModels, ...loaded }),
      defaultModel: settings.DEFAULT_MODEL,
      priceMultiplier: settings.PRICE_MULTIPLIER,
    }
  } catch (error) {
    throw new ConfigError([`MODELS_FILE (${MODELS_FILE}) ${error instanceof Error ? error.message : String(error)}`])
  }
}
