import { backgroundOf, delivered, nowSeconds, sizeOf } from './answers.ts'
import { develop, finish } from './painting.ts'
import { seedreamUsage, streamedUsage } from './usage.ts'
import type { Publish } from './answers.ts'
import type { SandboxEvent } from './event-stream.ts'
import type { SandboxOrder } from './order.ts'

/** The answer to an order as a stream of events. Each is made only when it is asked for. */
export interface StreamedAnswer {
  events: AsyncGenerator<SandboxEvent, void>
  /** How many there will be. */
  count: number
  /** Whether `data: [DONE]` ends the stream: with Seedream it does, with OpenAI it does not (facts 3.2). */
  done: boolean
}

/** The stream of an order in the form of its family. */
export function streamOrder(order: SandboxOrder, publish: Publish): StreamedAnswer {
  if (order.model.family === 'seedream') {
    return { events: seedreamEvents(order, publish), count: order.n + 1, done: true }
  }
  return { events: gptEvents(order), count: order.n * (order.partials + 1), done: false }
}

/** Facts 3.1. Nobody has recorded a stream of several pictures; here one follows upon the other. */
async function* gptEvents(order: SandboxOrder): AsyncGenerator<SandboxEvent, void> {
  const topic = order.operation === 'edit' ? 'image_edit' : 'image_generation'
  for (let index = 0; index < order.n; index += 1) {
    let stage = 0
    for await (const picture of develop(order, index)) {
      const finished = stage === order.partials
      const name = `${topic}.${finished ? 'completed' : 'partial_image'}`
      const last = finished ? { usage: streamedUsage(order) } : { partial_image_index: stage }
      yield { name, data: { type: name, ...described(order, picture), ...last }, finished }
      stage += 1
    }
  }
}

function described(order: SandboxOrder, picture: Buffer): object {
  return {
    b64_json: picture.toString('base64'),
    created_at: nowSeconds(),
    size: sizeOf(order),
    quality: order.quality,
    background: backgroundOf(order),
    output_format: order.format,
  }
}

/** Volcengine's form (facts 3.2): an event for each picture, then one with the usage. */
async function* seedreamEvents(order: SandboxOrder, publish: Publish): AsyncGenerator<SandboxEvent, void> {
  const head = { model: order.model.id, created: nowSeconds() }
  for (let index = 0; index < order.n; index += 1) {
    const picture = delivered(order, await finish(order, index), publish)
    const name = 'image_generation.partial_succeeded'
    const data = { type: name, ...head, image_index: index, ...picture, size: sizeOf(order) }
    yield { name, data, finished: true }
  }
  const name = 'image_generation.completed'
  yield { name, data: { type: name, ...head, usage: seedreamUsage(order) }, finished: false }
}
