import { rightsOfOthers } from '../spool/private-directory.js'

/** The rights that other users have in DATA_DIR, as a sentence. */
export interface DataDirectoryFinding {
  /** They may change files, and not only read their names. */
  readonly isDangerous: boolean
  readonly says: string
}

/** Looks at the owner and the mode of DATA_DIR; undefined if it is this user's alone, or not there. Changes nothing. */
export function findingAbout(directory: string): DataDirectoryFinding | undefined {
  try {
    const rights = rightsOfOthers(directory)
    if (rights === undefined) return undefined
    const effect = rights === 'write' ? 'can put files of theirs into' : 'can look into'
    const says = `other users ${effect} DATA_DIR (${directory}); it should be this user's alone (chown, chmod 700)`
    return { isDangerous: rights === 'write', says }
  } catch {
    return undefined
  }
}
