import { loadEnvFile, readSettings } from '../config/config.ts'
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
