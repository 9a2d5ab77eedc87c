/** Addresses that mean every interface of the machine; a link needs one that can be called. */
const EVERY_INTERFACE: ReadonlySet<string> = new Set(['0.0.0.0', '::', ''])

/** The address that links to this gateway begin with: `PUBLIC_URL`, else the one it listens on. */
export class PublicUrl {
  #value: string | undefined
  readonly #isConfigured: boolean

  constructor(configured: string | undefined) {
    this.#value = configured
    this.#isConfigured = configured !== undefined
  }

  /** Without a slash at its end; undefined until the gateway listens. */
  get value(): string | undefined {
    return this.#value
  }

  listensOn(host: string, port: number): void {
    if (this.#isConfigured) return
    const name = EVERY_INTERFACE.has(host) ? '127.0.0.1' : host
    this.#value = `http://${name.includes(':') ? `[${name}]` : name}:${port}`
  }
}
