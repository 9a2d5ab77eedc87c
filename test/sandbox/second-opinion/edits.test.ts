import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { Catalogue } from '../../../src/models/catalogue.ts'
import { checkParameters } from '../../../src/models/rules/check-parameters.ts'
import { ImageFile, ImageUrl } from '../../../src/models/rules/image-file.ts'
import { typedFields } from '../../../src/models/rules/typed-fields.ts'
import { readForm } from '../../../sandbox/comet/forms.ts'
import { refuseEdit, refuseVariation } from '../../../sandbox/comet/rules/rules.ts'
import { findModel } from '../../../sandbox/comet/rules/served-models.ts'
import { formOf } from '../../gateway/requests/uploads/forms.ts'
import type { RuleSet } from '../../../src/models/model.ts'
import type { ServedModel } from '../../../sandbox/comet/rules/served-models.ts'

const catalogue = new Catalogue({ unknownModels: 'reject' })

/** Values worth a disagreement: good for some model, bad for another, at the borders of a rule. As texts of a form. */
const TEXTS: Readonly<Record<string, readonly string[]>> = {
  prompt: ['a paper boat', '', 'x'.repeat(1000), 'x'.repeat(1001), '🦊'.repeat(32_000), 'x'.repeat(32_001)],
  n: ['1', '2', '10', '11', '0', '-1', '1.5', 'two', ''],
  size: [
    'auto',
    '1024x1024',
    '1536x1024',
    '256x256',
    '512x512',
    '2048x2048',
    '1920x1080',
    '3840x2160',
    '3840x3840',
    '8x8',
    '5000x5000',
    '1024×1024',
    '2K',
    '',
  ],
  quality: ['auto', 'low', 'high', 'xhigh', 'max', 'standard', 'hd', 'best', ''],
  background: ['transparent', 'opaque', 'auto', 'white', ''],
  moderation: ['low', 'auto', 'none'],
  output_format: ['png', 'jpeg', 'webp', 'gif', 'svg', 'bmp', ''],
  output_compression: ['0', '50', '99', '100', '101', 'much', ''],
  partial_images: ['0', '2', '3', '4', ''],
  stream: ['true', 'false', 'yes', ''],
  response_format: ['url', 'b64_json', 'file', ''],
  input_fidelity: ['high', 'low', 'medium', ''],
  style: ['vivid', 'sober'],
  user: ['me', ''],
  complexity: ['low', 'max', ''],
  safety_identifier: ['someone', 'x'.repeat(129)],
  frame_count: ['1', '2', '12', '16', '17'],
  frame_duration_ms: ['19', '20', '5000'],
  prompt_rewriter: ['off'],
  seed: ['7'],
}

/** The same for JSON, where numbers are numbers. */
const VALUES: Readonly<Record<string, readonly Fields[string][]>> = {
  ...TEXTS,
  prompt: [...(TEXTS['prompt'] ?? []), null, 7],
  n: [1, 2, 10, 11, 0, -1, 1.5, '1', null],
  size: [...(TEXTS['size'] ?? []), null, 7],
  output_compression: [0, 50, 99, 100, 101, '50', null],
  partial_images: [0, 2, 3, 4, '2', null],
  frame_count: [1, 2, 12, 16, 17, '4', null],
  frame_duration_ms: [19, 20, 5000, '20', null],
  stream: [true, false, 'true', null],
  input_fidelity: ['high', 'low', 'medium', null],
  quality: ['auto', 'low', 'high', 'xhigh', 'max', 'standard', null],
  style: ['vivid', null],
  user: ['me', 7],
}

const EDITORS = [
  'gpt-image-1',
  'gpt-image-1-mini',
  'gpt-image-1.5',
  'chatgpt-image-latest',
  'gpt-image-2',
  'gpt-image-2.5-flare',
  'gpt-image-2.6-sunburst',
  'dall-e-2',
  'qwen-image-edit',
]

type Fields = Readonly<Record<string, string | number | boolean | null>>

interface Disagreement {
  readonly ruleSets: readonly RuleSet[]
  readonly models: RegExp
  /** The side that refuses a request of the other. */
  readonly stricter: 'gateway' | 'sandbox'
  /** The fields that it is about; without them the two must agree. */
  readonly fields: (fields: Fields) => readonly string[]
  readonly why: string
}

const FORMS = ['images.edits', 'images.variations'] as const
const ALL = [...FORMS, 'images.edits.json'] as const
/** The names of fields with such a value. */
const having = (fields: Fields, isSuch: (value: unknown) => boolean): readonly string[] =>
  Object.keys(fields).filter((name) => name !== 'prompt' && isSuch(fields[name]))
const only = (name: string, isSuch: boolean): readonly string[] => (isSuch ? [name] : [])

/** Every way in which the two judge differently, and who is right. */
const EXPLAINED: readonly Disagreement[] = [
  {
    ruleSets: ALL,
    models: /./,
    stricter: 'gateway',
    fields: ({ n }) => only('n', n === 0 || n === '0'),
    why: 'CometAPI makes one image of n = 0 (facts 1.8); nobody means that.',
  },
  {
    ruleSets: ['images.edits', 'images.edits.json'],
    models: /^gpt|^chatgpt/,
    stricter: 'gateway',
    fields: ({ partial_images, stream }) =>
      only('partial_images', Number(partial_images ?? 0) > 0 && stream !== true && stream !== 'true'),
    why: 'Partial images without a stream are paid for and never seen.',
  },
  {
    ruleSets: FORMS,
    models: /^dall-e-2$/,
    stricter: 'gateway',
    fields: ({ stream }) => only('stream', stream === 'false'),
    why: 'dall-e-2 does not stream, so the gateway takes no `stream` at all; the sandbox refuses only true.',
  },
  {
    ruleSets: ['images.edits.json'],
    models: /./,
    stricter: 'gateway',
    fields: (fields) => having(fields, (value) => value === null),
    why: 'null stands for a parameter that is not given, but of one that the model has; OpenAI refuses unknown names.',
  },
  {
    ruleSets: ['images.edits.json'],
    models: /./,
    stricter: 'gateway',
    fields: ({ seed }) => only('seed', seed !== undefined),
    why: 'CometAPI drops names it does not know, in JSON (facts 1.8): a typo would be paid for.',
  },
  {
    ruleSets: FORMS,
    models: /./,
    stricter: 'sandbox',
    fields: (fields) => having(fields, (value) => value === ''),
    why: 'An empty field is one that was not given; what OpenAI makes of it is not recorded.',
  },
  {
    ruleSets: FORMS,
    models: /^qwen/,
    stricter: 'sandbox',
    fields: ({ size }) => only('size', size === '8x8' || size === '5000x5000'),
    why: 'No list of sizes is known (facts 7); the sandbox takes what it can draw.',
  },
  {
    ruleSets: FORMS,
    models: /^qwen/,
    stricter: 'sandbox',
    fields: ({ stream }) => only('stream', stream !== undefined && stream !== 'false'),
    why: 'The gateway passes on what it does not know of qwen-image-edit; the sandbox cannot stream for it.',
  },
  {
    ruleSets: FORMS,
    models: /^qwen/,
    stricter: 'gateway',
    fields: ({ response_format }) =>
      only('response_format', response_format !== undefined && response_format !== 'url'),
    why: 'It answers with links alone, which the gateway says before they are bought; the sandbox does not look at it.',
  },
]

const used = new Set<Disagreement>()
afterAll(() => {
  expect(EXPLAINED.filter((one) => !used.has(one)).map(({ why }) => why)).toEqual([])
})

const png = new ImageFile({ bytes: 500, format: 'png', width: 64, height: 64, hasAlpha: true })

function byGateway(id: string, ruleSet: RuleSet, fields: Fields): readonly string[] {
  const rules = catalogue.resolve(id).entry.ruleSets[ruleSet]
  if (rules === undefined) throw new Error(`${id} has no rules for ${ruleSet}`)
  const isForm = ruleSet !== 'images.edits.json'
  const images = isForm ? { image: [png] } : { images: [{ image_url: new ImageUrl(900, 'data', png) }] }
  const sent = new Map(Object.entries({ ...fields, model: id, ...images }))
  const parameters = isForm ? typedFields(rules, sent) : sent
  const { issues, notTaken } = checkParameters(rules, id, parameters, catalogue.namesIn(ruleSet))
  return [...issues, ...notTaken].map(({ message }) => message)
}

async function bySandbox(served: ServedModel, ruleSet: RuleSet, fields: Fields): Promise<string | undefined> {
  const all: Fields = { ...fields, model: served.id }
  if (ruleSet === 'images.edits.json') {
    const form = await readForm('application/json', [Buffer.from(JSON.stringify(all))])
    return form === undefined ? 'no form' : refuseEdit(form.fields, served, true)?.error.message
  }
  const contents = Object.entries(all).map(([name, value]) => ({
    name,
    filename: undefined,
    contentType: undefined,
    data: Buffer.from(String(value)).toString('latin1'),
  }))
  const form = await readForm('multipart/form-data; boundary=limit', [formOf('limit', contents).body])
  if (form === undefined) return 'no form'
  const refused =
    ruleSet === 'images.edits' ? refuseEdit(form.fields, served, false) : refuseVariation(form.fields, served)
  return refused?.error.message
}

function fieldsOf(values: Readonly<Record<string, readonly Fields[string][]>>): fc.Arbitrary<Fields> {
  const names = Object.keys(values).filter((name) => name !== 'prompt')
  const prompt = fc.oneof(
    { weight: 8, arbitrary: fc.constant({ prompt: 'a paper boat' }) },
    { weight: 1, arbitrary: fc.constantFrom(...(values['prompt'] ?? [])).map((text) => ({ prompt: text })) },
  )
  const others = fc
    .subarray(names, { maxLength: 3 })
    .chain((chosen) =>
      fc.record(Object.fromEntries(chosen.map((name) => [name, fc.constantFrom(...(values[name] ?? []))]))),
    )
  return fc.tuple(prompt, others).map(([one, more]) => ({ ...one, ...more }))
}

/** Both judge a request. Where they differ for a reason that the table knows, they judge what is left without it. */
async function differing(served: ServedModel, ruleSet: RuleSet, fields: Fields): Promise<object | undefined> {
  const gateway = byGateway(served.id, ruleSet, fields)
  const sandbox = await bySandbox(served, ruleSet, fields)
  if ((gateway.length === 0) === (sandbox === undefined)) return undefined
  const stricter = gateway.length === 0 ? 'sandbox' : 'gateway'
  const known = EXPLAINED.filter(
    (one) => one.stricter === stricter && one.ruleSets.includes(ruleSet) && one.models.test(served.id),
  ).filter((one) => one.fields(fields).length > 0)
  if (known.length === 0) return { stricter, fields, gateway, sandbox }
  for (const one of known) used.add(one)
  const without = new Set(known.flatMap((one) => one.fields(fields)))
  return differing(served, ruleSet, Object.fromEntries(Object.entries(fields).filter(([name]) => !without.has(name))))
}

/** How many of many requests the gateway takes. */
async function compare(id: string, ruleSet: RuleSet, arbitrary: fc.Arbitrary<Fields>): Promise<number> {
  const served = findModel(id)
  if (served === undefined) throw new Error(`the sandbox does not serve ${id}`)
  let taken = 0
  await fc.assert(
    fc.asyncProperty(arbitrary, async (fields) => {
      if (byGateway(id, ruleSet, fields).length === 0) taken++
      expect(await differing(served, ruleSet, fields)).toBeUndefined()
    }),
    { numRuns: 700 },
  )
  return taken
}

describe('the gateway and the sandbox', () => {
  it.each(EDITORS)('agree about an edit of %s as a form, or the table says why not', async (id) => {
    expect(await compare(id, 'images.edits', fieldsOf(TEXTS))).toBeGreaterThan(20)
  })

  it.each(EDITORS.filter((id) => !/dall-e|qwen/.test(id)))(
    'agree about an edit of %s in JSON, or the table says why not',
    async (id) => {
      expect(await compare(id, 'images.edits.json', fieldsOf(VALUES))).toBeGreaterThan(20)
    },
  )

  it('agree about a variation, or the table says why not', async () => {
    const without = fieldsOf(TEXTS).map((fields) =>
      Object.fromEntries(Object.entries(fields).filter(([name]) => name !== 'prompt')),
    )
    expect(await compare('dall-e-2', 'images.variations', without)).toBeGreaterThan(20)
    expect(byGateway('dall-e-2', 'images.variations', { prompt: 'a' })).toHaveLength(1)
    const served = findModel('dall-e-2')
    if (served === undefined) throw new Error('dall-e-2')
    expect(await bySandbox(served, 'images.variations', { prompt: 'a' })).toMatch(/Unknown parameter: 'prompt'/)
  })
})
