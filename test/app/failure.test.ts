import { describe, expect, it } from 'vitest'
import { KeyError } from '../../src/access/keys/virtual-key.ts'
import { endingOf } from '../../src/app/failure.ts'
import { ConfigError } from '../../src/config/config.ts'
import { StoreError } from '../../src/errors/store-error.ts'

const withCode = (message: string, code: string): Error => Object.assign(new Error(message), { code })
const commander = (exitCode: number): Error =>
  Object.assign(new Error('shown'), { name: 'CommanderError', exitCode, code: 'commander.help' })

describe('the end of a process', () => {
  it.each([
    ['a configuration', new ConfigError(['PORT must be a number']), 78, expect.stringContaining('- PORT must be')],
    ['help', commander(0), 0, undefined],
    ['a wrong argument', commander(1), 64, undefined],
    ['a store', new StoreError('locked', 'the file is locked'), 1, 'comet-gateway: the file is locked'],
    ['a key', new KeyError('no_such_key', 'no key \u001b[31m'), 1, 'comet-gateway: no key \u{FFFD}[31m'],
    [
      'a taken port',
      withCode('listen EADDRINUSE', 'EADDRINUSE'),
      1,
      'comet-gateway: listen EADDRINUSE. Another process listens there: stop it, or set PORT.',
    ],
    ['another system error', withCode('read EIO', 'EIO'), 1, 'comet-gateway: read EIO.'],
  ])('after a problem with %s is a sentence without a stack', (_what, error, exitCode, message) => {
    expect(endingOf(error)).toEqual({ message, exitCode })
  })

  it('after a defect shows all of it', () => {
    const defect = new TypeError('x is not a function')
    expect(endingOf(defect)).toEqual({ message: defect, exitCode: 1 })
    expect(endingOf('thrown')).toEqual({ message: 'thrown', exitCode: 1 })
  })
})
