import { describe, expect, it } from 'vitest'
import { settingsInForce, unreadNames } from '../../src/config/in-force.ts'
import { VARIABLES } from '../../src/config/variables.ts'
import { ADMIN, KEY, USER_KEY } from './reading.ts'
import type { Environment } from '../../src/config/config.ts'
import type { SettingInForce } from '../../src/config/in-force.ts'
import type { Variable } from '../../src/config/variables.ts'

const settings = (environment: Environment, file: Environment = {}): ReadonlyMap<string, SettingInForce> =>
  new Map(settingsInForce(environment, file).map((setting) => [setting.name, setting]))

describe('the settings in force', () => {
  it('have every variable, with the source of its value', () => {
    const all = settings({ PORT: '80', HOST: ' ' }, { PORT: '90', HOST: '::1', LOG_LEVEL: 'debug' })
    expect([...all.keys()]).toEqual(Object.keys(VARIABLES))
    expect(all.get('PORT')).toMatchObject({ source: 'environment', value: 80 })
    // An empty variable of the environment hides the one of .env, as at the start.
    expect(all.get('HOST')).toMatchObject({ source: 'default', value: '127.0.0.1' })
    expect(all.get('LOG_LEVEL')).toMatchObject({ source: '.env', value: 'debug' })
    expect(all.get('MODELS_FILE')).toMatchObject({ source: 'none', value: undefined })
  })

  it('show sizes and times with their units, and give programs bytes and milliseconds', () => {
    const all = settings({
      MAX_BODY_BYTES: '1048576',
      ORPHAN_TTL_MS: '90 s',
      DISK_RESERVE: '0',
      MAX_UPLOAD_BYTES: '1025',
    })
    expect(all.get('MAX_BODY_BYTES')).toMatchObject({ shown: '1MiB', value: 1_048_576 })
    expect(all.get('ORPHAN_TTL_MS')).toMatchObject({ shown: '90s', value: 90_000 })
    expect(all.get('UPSTREAM_TIMEOUT_MS')).toMatchObject({ shown: '10m', value: 600_000 })
    expect(all.get('DISK_RESERVE')).toMatchObject({ shown: '0', value: 0 })
    expect(all.get('MAX_UPLOAD_BYTES')).toMatchObject({ shown: '1025', value: 1025 })
  })

  it('contain no secret, also none of a value that is refused', () => {
    const environment = {
      COMETAPI_KEY: KEY,
      ADMIN_KEY: ADMIN,
      GATEWAY_KEYS: `alice=${USER_KEY}`,
      METRICS_TOKEN: 'metrics-0123456789',
      COMETAPI_BASE_URL: 'https://me:pass-word@api.cometapi.com',
    }
    const all = settings(environment)
    const text = JSON.stringify([...all.values()])
    for (const secret of [KEY, ADMIN, USER_KEY, 'metrics-0123456789', 'pass-word']) expect(text).not.toContain(secret)
    expect(all.get('COMETAPI_KEY')).toMatchObject({ shown: '(hidden)', value: true })
    expect(all.get('COMETAPI_BASE_URL')).toMatchObject({ shown: '(not usable)', value: undefined })
  })

  it('hide every variable whose name says that it is a secret', () => {
    const secret = /(?<!_PER)_KEYS?$|_TOKEN$|SECRET|PASSWORD|WEBHOOK_URL$|^DATABASE_URL$|^REDIS_URL$/
    const shown = Object.entries(VARIABLES as Record<string, Variable>)
      .filter(([name, { isSecret = false }]) => secret.test(name) && !isSecret)
      .map(([name]) => name)
    expect(shown).toEqual([])
  })

  it('name what nothing reads in .env', () => {
    expect(unreadNames({ PORT: '1', MAX_BODY_BYTE: '1' })).toEqual(['MAX_BODY_BYTE'])
  })
})
