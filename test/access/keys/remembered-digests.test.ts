import { describe, expect, it } from 'vitest'
import { VirtualKeys } from '../../../src/access/keys/virtual-keys.ts'
import { checkedSettings } from '../../../src/access/keys/key-settings.ts'
import { Store } from '../../../src/stores/sqlite/store.ts'
import { temporaryDirectory } from '../../helpers/directory.ts'

describe('a key that was found before', () => {
  it('is asked of the store again each time: revoked, it is refused at once', async () => {
    const directory = temporaryDirectory()
    const store = Store.forServing(directory.path)
    const keys = new VirtualKeys(store.keys)
    const { key, secret } = await keys.create(checkedSettings({ name: 'alice' }), 0)
    expect([await keys.authenticate(secret, 1), await keys.authenticate(secret, 2)]).toEqual([key, key])
    store.keys.revoke('alice', 3)
    expect(await keys.authenticate(secret, 4)).toBe('revoked')
    expect(await keys.authenticate(`${secret.slice(0, -1)}_`, 5)).toBe('mistyped')
    store.close()
    directory.remove()
  })
})
