import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { receiveForm } from '../../../src/gateway/requests/form-body.ts'
import { receiveJsonEdit } from '../../../src/gateway/requests/json-edit-body.ts'
import { Catalogue } from '../../../src/models/catalogue.ts'
import { checkParameters } from '../../../src/models/rules/check-parameters.ts'
import { typedFields } from '../../../src/models/rules/typed-fields.ts'
import { readForm } from '../../../sandbox/comet/forms.ts'
import { inspectUploads } from '../../../sandbox/comet/rules/picture-rules.ts'
import { findModel } from '../../../sandbox/comet/rules/served-models.ts'
import { arriving, uploadsDirectory } from '../../gateway/requests/receiving.ts'
import { picture } from '../../helpers/images.ts'
import { formOf } from '../../gateway/requests/uploads/forms.ts'
import { IMAGES, OTHER_FILES, pngOf } from '../../gateway/requests/uploads/images.ts'
import type { Call } from '../../../src/gateway/requests/endpoint.ts'
import type { Content } from '../../gateway/requests/uploads/forms.ts'

const uploads = uploadsDirectory()
afterAll(() => {
  uploads.discard()
  uploads.remove()
})

const catalogue = new Catalogue({ unknownModels: 'reject' })
const square = await picture(64, 64)
const rotated = await sharp({ create: { width: 64, height: 32, channels: 3, background: 'red' } })
  .withMetadata({ orientation: 6 })
  .jpeg()
  .toBuffer()
const padded = (bytes: number): Buffer => Buffer.concat([square, Buffer.alloc(bytes - square.length)])

/** Pictures, and what is none. */
const PICTURES: Readonly<Record<string, Buffer>> = {
  'a square png': square,
  'a square png with alpha': await picture(64, 64, 'png', 0.5),
  'a wide png with alpha': await picture(64, 32, 'png', 0.5),
  'a narrow png with alpha': await picture(32, 64, 'png', 0.5),
  'a square palette png with alpha': Buffer.from(
    await sharp({ create: { width: 64, height: 64, channels: 4, background: '#ff000080' } })
      .png({ palette: true })
      .toBuffer(),
  ),
  'a png of 16 bits': pngOf({ type: 2, depth: 16, isTransparent: false }),
  'a grey png with a transparent colour': pngOf({ type: 0, depth: 8, isTransparent: true }),
  'a square jpeg': await picture(64, 64, 'jpeg'),
  'a jpeg on its side': rotated,
  'a square webp': await picture(64, 64, 'webp'),
  'a square webp with alpha': await picture(64, 64, 'webp', 0.5),
  'an animated webp': IMAGES['webp, animated'] ?? Buffer.alloc(0),
  'a gif': await picture(64, 64, 'gif'),
  ...Object.fromEntries(OTHER_FILES.filter(([format]) => /tiff|avif|svg/.test(format)).map(([, what, b]) => [what, b])),
  'a png of 4 MB': padded(4_194_304),
  'a png of less than 4 MB': padded(4_194_303),
  'a png that breaks off': square.subarray(0, 60),
  'the signature of a png': square.subarray(0, 8),
  'a text': Buffer.from('no picture'),
  nothing: Buffer.alloc(0),
}

interface Request {
  readonly images: readonly string[]
  readonly mask: string | undefined
}

interface Disagreement {
  readonly stricter: 'gateway' | 'sandbox'
  readonly where: (request: Request, way: string) => boolean
  readonly why: string
}

const EXPLAINED: readonly Disagreement[] = [
  {
    stricter: 'sandbox',
    where: ({ images, mask }) =>
      [...images, mask].some((one) => one === 'a png that breaks off' || /signature/.test(one ?? '')),
    why: 'The gateway reads headers and decodes nothing; what is behind them is for the upstream to judge.',
  },
  {
    stricter: 'gateway',
    where: ({ images, mask }) => images[0] === 'a jpeg on its side' && mask === 'a narrow png with alpha',
    why: 'The gateway compares a mask with the pixels as stored; the sandbox turns a picture as its EXIF says.',
  },
  {
    stricter: 'sandbox',
    where: ({ images, mask }) => images[0] === 'a jpeg on its side' && mask === 'a wide png with alpha',
    why: 'The same the other way round.',
  },
]

async function gatewayTakes(id: string, call: Call): Promise<boolean> {
  const rules = catalogue.resolve(id).entry.ruleSets[call.ruleSet]
  if (rules === undefined) throw new Error(`${id} has no rules for ${call.ruleSet}`)
  const parameters = call.isForm ? typedFields(rules, call.parameters) : call.parameters
  const { issues, notTaken } = checkParameters(rules, id, parameters, catalogue.namesIn(call.ruleSet))
  return issues.length + notTaken.length === 0
}

const file = (name: string, picked: string): Content => ({
  name,
  filename: 'a.png',
  contentType: 'image/png',
  data: (PICTURES[picked] ?? Buffer.alloc(0)).toString('latin1'),
})

function formBody({ images, mask }: Request): Buffer {
  const prompt = { name: 'prompt', filename: undefined, contentType: undefined, data: 'a' }
  const files = images.map((one) => file(images.length === 1 ? 'image' : 'image[]', one))
  return formOf('a-limit-of-parts', [prompt, ...files, ...(mask === undefined ? [] : [file('mask', mask)])]).body
}

function jsonBody({ images, mask }: Request): Buffer {
  const reference = (one: string): object => ({
    image_url: `data:image/png;base64,${(PICTURES[one] ?? Buffer.alloc(0)).toString('base64')}`,
  })
  return Buffer.from(
    JSON.stringify({
      prompt: 'a',
      images: images.map(reference),
      ...(mask === undefined ? {} : { mask: reference(mask) }),
    }),
  )
}

const FORM = 'multipart/form-data; boundary=a-limit-of-parts'

/** The side that takes a request; undefined: both, or neither. */
async function stricterOf(id: string, way: string, request: Request): Promise<'gateway' | 'sandbox' | undefined> {
  const served = findModel(id)
  if (served === undefined) throw new Error(id)
  const [type, body] = way === 'JSON' ? ['application/json', jsonBody(request)] : [FORM, formBody(request)]
  const ruleSet = way === 'variation' ? 'images.variations' : 'images.edits'
  const upload = arriving(type, [body])
  const call = await (way === 'JSON'
    ? receiveJsonEdit(upload, uploads.options)
    : receiveForm(ruleSet, upload, uploads.options))
  const withoutPrompt = new Map([...call.parameters].filter(([name]) => way !== 'variation' || name !== 'prompt'))
  const byGateway = await gatewayTakes(id, { ...call, parameters: withoutPrompt })
  call.discard()
  const form = await readForm(type, [body])
  const bySandbox = form !== undefined && !('error' in (await inspectUploads(form, served)))
  return byGateway === bySandbox ? undefined : byGateway ? 'sandbox' : 'gateway'
}

const names = Object.keys(PICTURES)
const requests: readonly Request[] = [
  ...names.map((one) => ({ images: [one], mask: undefined })),
  ...names.map((one) => ({ images: ['a square png'], mask: one })),
  ...names.filter((one) => one.includes('alpha')).map((one) => ({ images: ['a jpeg on its side'], mask: one })),
  ...names
    .filter((one) => !one.includes('MB'))
    .map((one) => ({ images: ['a square png', one], mask: 'a square png with alpha' })),
]

const used = new Set<Disagreement>()
afterAll(() => {
  expect(EXPLAINED.filter((one) => !used.has(one)).map(({ why }) => why)).toEqual([])
})

describe('the gateway and the sandbox agree about pictures, or the table says why not', () => {
  it.each([
    ['gpt-image-2', 'form'],
    ['gpt-image-1', 'JSON'],
    ['dall-e-2', 'form'],
    ['dall-e-2', 'variation'],
    ['qwen-image-edit', 'form'],
  ])('for %s, %s', async (id, way) => {
    const unexplained: unknown[] = []
    for (const request of requests) {
      if (way === 'variation' && request.mask !== undefined) continue
      const stricter = await stricterOf(id, way, request)
      if (stricter === undefined) continue
      const reason = EXPLAINED.find((one) => one.stricter === stricter && one.where(request, way))
      if (reason === undefined) unexplained.push({ stricter, ...request })
      else used.add(reason)
    }
    expect(unexplained).toEqual([])
  })
})
