import { durationMs } from '../../../accounting/calendar.ts'
import { GatewayError } from '../../../errors/gateway-error.ts'
import { checkedChanges, checkedSettings } from '../../../access/keys/key-settings.ts'
import { KeyError } from '../../../access/keys/virtual-key.ts'
import { issuedKeyAnswer, keyAnswer, keysAnswer } from './answers.ts'
import { keyJson, pageJson, settingsOf } from './json.ts'
import { adminRoute } from './route.ts'
import { keyChangesBody, keysQuery, newKeyBody, rotationBody } from './schemas.ts'
import type { z } from 'zod'
import type { KeySettings, VirtualKey } from '../../../access/keys/virtual-key.ts'
import type { AdminDatabase } from '../../../access/admin-database.ts'

type KeyJson = z.output<typeof keyAnswer>

async function described({ keys, ledger }: AdminDatabase, key: VirtualKey, now: number): Promise<KeyJson> {
  return keyJson(key, await ledger.accountOf(key.id, now), await keys.secretsOf(key.id), now)
}

/** @throws GatewayError 400 for defaults that no model takes */
function refuseUselessDefaults({ defaultProblems }: AdminDatabase, { defaults }: Partial<KeySettings>): void {
  const problems = defaults === undefined ? [] : defaultProblems(defaults)
  if (problems.length > 0) throw new GatewayError('invalid_value', problems.join(' '), { param: 'defaults' })
}

const create = adminRoute({
  method: 'POST',
  path: '/gateway/keys',
  operationId: 'keys.create',
  summary: 'Makes a virtual key. Its secret is in this answer only.',
  body: newKeyBody,
  status: 201,
  answer: issuedKeyAnswer,
  handle: async (database, { body, now }) => {
    const { name, ...changes } = body
    if (database.takenNames.includes(name)) {
      throw new KeyError('name_taken', `the name '${name}' is taken by an entry of GATEWAY_KEYS: choose another`)
    }
    const { models, ...settings } = settingsOf(changes)
    const named = models === undefined ? {} : { models: [...models] }
    const checked = checkedSettings({ name, ...settings, ...named })
    refuseUselessDefaults(database, checked)
    const { key, secret } = await database.virtualKeys.create(checked, now)
    return { secret, ...(await described(database, key, now)) }
  },
})

const list = adminRoute({
  method: 'GET',
  path: '/gateway/keys',
  operationId: 'keys.list',
  summary: 'The virtual keys by name, with where they stand.',
  query: keysQuery,
  status: 200,
  answer: keysAnswer,
  handle: async (database, { query: { revoked, limit, after }, now }) => {
    const found = (await database.keys.list()).filter(
      ({ name, revokedAt }) => (revoked || revokedAt === undefined) && (after === undefined || name > after),
    )
    const page = found.slice(0, limit)
    const data: KeyJson[] = []
    for (const key of page) data.push(await described(database, key, now))
    return pageJson(data, found.length > page.length ? page.at(-1)?.name : undefined)
  },
})

const show = adminRoute({
  method: 'GET',
  path: '/gateway/keys/:name',
  operationId: 'keys.show',
  summary: 'One virtual key, also a revoked one.',
  status: 200,
  answer: keyAnswer,
  handle: async (database, { name, now }) => described(database, await database.keys.named(name), now),
})

const update = adminRoute({
  method: 'PATCH',
  path: '/gateway/keys/:name',
  operationId: 'keys.update',
  summary: 'Changes what a key may do, from the next request on. null takes a limit away.',
  body: keyChangesBody,
  status: 200,
  answer: keyAnswer,
  handle: async (database, { body, name, now }) => {
    const { models, ...settings } = settingsOf(body)
    const changes = checkedChanges({ ...settings, ...(models === undefined ? {} : { models: [...models] }) })
    if (Object.keys(changes).length === 0) {
      const message = `Nothing to change. Name at least one of ${Object.keys(keyChangesBody.shape).join(', ')}.`
      throw new GatewayError('missing_required_parameter', message)
    }
    refuseUselessDefaults(database, changes)
    return described(database, await database.keys.update(name, changes, now), now)
  },
})

const rotate = adminRoute({
  method: 'POST',
  path: '/gateway/keys/:name/rotate',
  operationId: 'keys.rotate',
  summary: 'Gives a key a new secret, in this answer only; the old one works on for the grace period.',
  body: rotationBody,
  status: 200,
  answer: issuedKeyAnswer,
  handle: async (database, { body: { grace }, name, now }) => {
    const { key, secret } = await database.virtualKeys.rotate(name, durationMs(grace) ?? 0, now)
    return { secret, ...(await described(database, key, now)) }
  },
})

const revoke = adminRoute({
  method: 'POST',
  path: '/gateway/keys/:name/revoke',
  operationId: 'keys.revoke',
  summary: 'Refuses a key for ever, at once, in every gateway on the file.',
  status: 200,
  answer: keyAnswer,
  handle: async (database, { name, now }) => described(database, await database.keys.revoke(name, now), now),
})

export const KEY_ROUTES = [create, list, show, update, rotate, revoke] as const
