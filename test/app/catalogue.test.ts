import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { checkedDefaultModels, checkedDefaultParameters, configuredCatalogue } from '../../src/app/catalogue.ts'
import { ConfigError } from '../../src/config/config.ts'
import { builtInModels } from '../../src/models/catalogue.ts'
import { temporaryDirectory } from '../helpers/directory.ts'

const directory = temporaryDirectory()
const folder = directory.path
afterAll(() => directory.remove())

const withFile = (MODELS_FILE: string | undefined) =>
  configuredCatalogue({ MODELS_FILE, UNKNOWN_MODELS: 'reject', DATABASE: false, PICTURES: true })

describe('the catalogue of a configuration', () => {
  it('is the built-in one where there is no MODELS_FILE', () => {
    expect(withFile(undefined).models).toEqual(builtInModels)
  })

  it('has the aliases of MODELS_FILE', () => {
    const file = join(folder, 'models.json')
    writeFileSync(file, '{"aliases":{"draft":"gpt-image-2"}}')
    expect(withFile(file).resolve('draft').entry.id).toBe('gpt-image-2')
  })

  it('is refused with the name of the variable, the file and the problem', () => {
    const file = join(folder, 'broken.json')
    writeFileSync(file, '{')
    expect(() => withFile(file)).toThrow(ConfigError)
    expect(() => withFile(file)).toThrow(`MODELS_FILE (${file}) is not JSON: `)
    expect(() => withFile(join(folder, 'absent.json'))).toThrow('cannot be read: ENOENT')
    expect(() => withFile(folder)).toThrow('cannot be read: EISDIR')
  })
})

describe('the default models', () => {
  const checked = (DEFAULT_MODEL: string, DEFAULT_EDIT_MODEL: string) =>
    checkedDefaultModels(withFile(undefined), { DEFAULT_MODEL, DEFAULT_EDIT_MODEL })

  it('are one for each operation', () => {
    expect(checked('dall-e-3', 'gpt-image-2')).toEqual({
      'images.generations': 'dall-e-3',
      'images.edits': 'gpt-image-2',
      'images.variations': 'dall-e-2',
    })
  })

  it('are refused together where the catalogue has no such model, or it cannot do that', () => {
    expect(() => checked('no-such-model', 'dall-e-3')).toThrow(
      /DEFAULT_MODEL cannot be used: .*\n.*DEFAULT_EDIT_MODEL cannot be used: it is no model for images.edits/,
    )
  })
})

describe('the default parameters', () => {
  const checked = (DEFAULT_PARAMETERS?: Record<string, string>) =>
    checkedDefaultParameters(withFile(undefined), { DEFAULT_PARAMETERS })

  it('are those that some model takes', () => {
    expect(checked({ quality: 'medium', size: '1024x1024' })).toEqual({ quality: 'medium', size: '1024x1024' })
    expect(checked()).toEqual({})
  })

  it('are refused together where no model takes them', () => {
    expect(() => checked({ quality: 'ultra', qualty: 'low' })).toThrow(
      /DEFAULT_PARAMETERS: No model takes quality=ultra\. .*\n.*DEFAULT_PARAMETERS: No model takes a parameter 'qualty'\. Did you mean 'quality'\?/,
    )
  })
})
