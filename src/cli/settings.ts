import { configuredCatalogue } from '../app/catalogue.ts'
import { loadEnvFile, readSettings } from '../config/config.ts'
import { Store } from '../stores/sqlite/store.ts'
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

/** The models that a gateway with this configuration would know. */
export function catalogueSettings(): { catalogue: Catalogue; defaultModel: string; priceMultiplier: number } {
  loadEnvFile()
  const settings = readSettings(['MODELS_FILE', 'UNKNOWN_MODELS', 'DEFAULT_MODEL', 'PRICE_MULTIPLIER'])
  const { DEFAULT_MODEL: defaultModel, PRICE_MULTIPLIER: priceMultiplier } = settings
  return { catalogue: configuredCatalogue(settings), defaultModel, priceMultiplier }
}
