/** A part of the gateway that is measured alone. */
export interface Part {
  readonly title: string
  /** Done again and again. */
  readonly run: () => unknown
  /** Requests in one run; default 1. */
  readonly requests?: number
  /** Bytes that one run reads. */
  readonly bytes?: number
}

/** Parts that share what they need. */
export interface Suite {
  readonly parts: readonly Part[]
  readonly close?: () => Promise<void>
}
