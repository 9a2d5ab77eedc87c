import { imageFiles, maskFitsImage } from '../rules/image-file.ts'
import { integer, oneOf, text } from '../rules/parameter.ts'
import { freeSize } from '../rules/sizes.ts'
import { parameterRules } from '../rules/parameter-rules.ts'
import { modelName, userTag } from '../rules/standard-parameters.ts'
import { SOURCES } from '../sources.ts'
import type { Model } from '../model.ts'
import type { Parameter } from '../rules/parameter.ts'

const { comet, cometEdits, cometPricing } = SOURCES
const nullable = { source: comet, nullable: true }

/** Seen and documented are links alone; what is never done is refused, rather than paid for and not understood. */
const linksOnly: Parameter = {
  ...oneOf(['url'], nullable),
  explain: (value) =>
    value === 'b64_json'
      ? "This model answers with a link to the picture and never in base64. Leave 'response_format' out, or send 'url', and fetch the link. Clients that always ask for base64, such as the AI SDK, cannot use it."
      : undefined,
}

/** Alibaba's qwen-image. CometAPI documents `n` = 1 and no list of sizes, so every WIDTHxHEIGHT passes. */
export const qwenModels: readonly Model[] = [
  {
    id: 'qwen-image',
    vendor: 'alibaba',
    ruleSets: {
      'images.generations': parameterRules({
        prompt: text(32_000, { source: comet, required: true }),
        model: modelName,
        n: integer(1, 1, nullable),
        size: freeSize({}, [], nullable),
        response_format: linksOnly,
        user: userTag,
      }),
    },
    price: { unit: 'image', usdPerImage: [{ usd: 0.04 }], defaults: {}, source: cometPricing },
    notes: [
      'CometAPI publishes neither a size list nor a price page for it; $0.04 an image was logged in February 2026.',
    ],
  },
  {
    id: 'qwen-image-edit',
    vendor: 'alibaba',
    ruleSets: {
      // CometAPI calls it provider-specific and passes every form field on.
      'images.edits': parameterRules(
        {
          prompt: text(32_000, { source: cometEdits, required: true }),
          image: imageFiles(
            { max: 16, belowMegabytes: 50, formats: ['png', 'webp', 'jpeg'] },
            { source: cometEdits, required: true },
          ),
          mask: imageFiles({ max: 1, belowMegabytes: 50, formats: ['png'], hasAlpha: true }, { source: cometEdits }),
          model: modelName,
          n: integer(1, 1, nullable),
          size: freeSize({}, [], nullable),
          response_format: linksOnly,
          user: userTag,
        },
        { combinations: [maskFitsImage(cometEdits)], open: true },
      ),
    },
    price: undefined,
    notes: ['CometAPI publishes no price for it; parameters that are not listed are passed on.'],
  },
]
