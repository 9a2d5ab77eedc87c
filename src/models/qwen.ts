import { integer, oneOf, text } from './parameter.ts'
import { freeSize } from './sizes.ts'
import { modelName, userTag } from './standard-parameters.ts'
import { SOURCES } from './sources.ts'
import type { Model } from './model.ts'

const { comet, cometPricing } = SOURCES
const nullable = { source: comet, nullable: true }

/** Alibaba's qwen-image. CometAPI documents `n` = 1 and no list of sizes, so every WIDTHxHEIGHT passes. */
export const qwenModels: readonly Model[] = [
  {
    id: 'qwen-image',
    vendor: 'alibaba',
    operations: {
      'images.generations': {
        parameters: {
          prompt: text(32_000, { source: comet, required: true }),
          model: modelName,
          n: integer(1, 1, nullable),
          size: freeSize({}, [], nullable),
          response_format: oneOf(['url', 'b64_json'], nullable),
          user: userTag,
        },
        combinations: [],
        open: false,
      },
    },
    price: { unit: 'image', usdPerImage: [{ usd: 0.04 }], defaults: {}, source: cometPricing },
    notes: [
      'CometAPI publishes neither a size list nor a price page for it; $0.04 an image was logged in February 2026.',
    ],
  },
]
