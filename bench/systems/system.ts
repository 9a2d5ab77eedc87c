import type { Launch } from '../machine/children.ts'
import type { Upstream } from '../upstream/upstream.ts'

/** The surroundings in which a system starts. */
export interface Setting {
  readonly port: number
  readonly upstream: Pick<Upstream, 'url' | 'certificate'>
  /** An empty directory of its own. */
  readonly directory: string
}

export interface Started {
  readonly launch: Launch
  /** Headers that its clients send, authentication among them. */
  readonly headers?: Readonly<Record<string, string>>
}

/** A system under test. */
export interface System {
  readonly id: string
  readonly title: string
  /** Its settings, in one line for the page. */
  readonly settings: string
  /** An advantage or disadvantage that the comparison gives it. */
  readonly fairness: string
  /** The only works that it can do, by default all. */
  readonly works?: readonly string[]
  /** Takes long to install or start, so that a quick run leaves it out. */
  readonly isHeavy?: true
  /** Installs it, if need be and allowed. Returns the reason when it is not to be had. */
  prepare(mayInstall: boolean): Promise<string | undefined>
  version(): string
  /** The program to run; a system without one listens already, at `url`. */
  start(setting: Setting): Promise<Started>
  readonly url?: string
}

export const JSON_HEADERS = { 'content-type': 'application/json' } as const
/** The key that clients send to systems that check none. */
export const ANY_KEY = { authorization: 'Bearer sk-gw-bench-0123456789abcdef' } as const
