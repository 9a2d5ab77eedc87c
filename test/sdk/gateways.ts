import { startGateway } from '../helpers/gateway.ts'
import { PatientClock } from '../helpers/time/patient-clock.ts'
import { scriptedUpstream } from '../helpers/upstream.ts'
import { openWorld } from '../helpers/world.ts'
import type { TestGateway } from '../helpers/gateway.ts'
import type { Script, ScriptedUpstream } from '../helpers/upstream.ts'

export const GATEWAY_KEY = 'sk-gw-alice-0123456789'

/** A gateway in front of its own sandbox, which answers at once; it takes GATEWAY_KEY only. */
export async function startSandboxGateway(environment: Record<string, string> = {}): Promise<TestGateway> {
  return startGateway('', {
    SANDBOX: 'true',
    SANDBOX_LATENCY_MS: '0',
    GATEWAY_KEYS: `alice=${GATEWAY_KEY}`,
    UNKNOWN_MODELS: 'reject',
    ...environment,
  })
}

/**
 * A scripted upstream and a gateway in front of it, which takes any key. Short waits of the gateway end by themselves;
 * nothing expires before the test sets its clock forward.
 */
export interface ScriptedGateway {
  readonly upstream: ScriptedUpstream
  readonly gateway: TestGateway
  readonly clock: PatientClock
  readonly close: () => Promise<void>
}

export async function startScriptedGateway(
  script?: Script,
  environment: Record<string, string> = {},
): Promise<ScriptedGateway> {
  const world = openWorld(await scriptedUpstream(script), environment)
  const clock = new PatientClock()
  return { ...world, clock, gateway: await world.start({}, { clock }) }
}

/** How many exchanges a gateway has logged. */
export function exchangesOf({ lines }: TestGateway): number {
  return lines.filter((line) => line.includes('"msg":"request"')).length
}
