/** The part of a room that one body takes, from its first byte until it is done with. */
export interface BodyShare {
  /** More bytes have come. @throws GatewayError 429, 503 where there is no room for them */
  take(bytes: number): void
  /** Any number of calls. */
  giveBack(): void
}
