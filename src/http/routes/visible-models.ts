import { allowsModel, mayFit } from '../../access/keys/model-patterns.ts'
import type { Caller } from '../../access/keys/keyring.ts'
import type { Catalogue, ResolvedModel } from '../../models/catalogue.ts'
import type { Model } from '../../models/model.ts'

/** The names of the catalogue that a caller may use; who has no virtual key may use all. */
export class VisibleModels {
  readonly #catalogue: Catalogue
  readonly #patterns: readonly string[] | undefined

  constructor(catalogue: Catalogue, caller: Caller | undefined) {
    this.#catalogue = catalogue
    this.#patterns = caller?.key?.models
  }

  /** The model of an id or alias; undefined for one that is unknown, and for one that the caller may not use. */
  find(name: string): ResolvedModel | undefined {
    const model = this.#catalogue.find(name)
    return model === undefined || !this.#allows(model.id) ? undefined : model
  }

  /** The entries, those of a prefix where the caller may use any id with it. */
  get entries(): readonly Model[] {
    return this.#catalogue.models.filter((entry) =>
      entry.id.endsWith('*') ? this.#mayAllow(entry) : this.#allows(entry.id),
    )
  }

  /** Alias → model id. */
  get aliases(): readonly (readonly [alias: string, id: string])[] {
    return [...this.#catalogue.aliases].filter(([, id]) => this.#allows(id))
  }

  #allows(id: string): boolean {
    return this.#patterns === undefined || allowsModel(this.#patterns, id)
  }

  /** An exact id on the caller's list has one entry, which need not be that of the shortest prefix. */
  #mayAllow(entry: Model): boolean {
    if (this.#patterns === undefined) return true
    const prefix = entry.id.slice(0, -1)
    return this.#patterns.some((pattern) =>
      pattern.includes('*') ? mayFit(pattern, prefix) : this.#catalogue.find(pattern)?.entry === entry,
    )
  }
}
