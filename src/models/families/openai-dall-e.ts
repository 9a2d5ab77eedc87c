import { imageFiles, maskFitsImage } from '../rules/image-file.ts'
import { integer, oneOf, text } from '../rules/parameter.ts'
import { parameterRules } from '../rules/parameter-rules.ts'
import { modelName, userTag } from '../rules/standard-parameters.ts'
import { SOURCES } from '../sources.ts'
import type { Model } from '../model.ts'

const { spec, editSpec, variationSpec, dallePricing } = SOURCES
const nullable = { source: spec, nullable: true }

const response_format = oneOf(['url', 'b64_json'], nullable)
const retired = ['OpenAI retired this model on 2026-05-12; CometAPI still documents it.']

const squarePng = { max: 1, belowMegabytes: 4, formats: ['png'], isSquare: true } as const
const smallSizes = oneOf(['256x256', '512x512', '1024x1024'], nullable)

/** OpenAI's DALL·E models, as CometAPI serves them. Neither takes size `auto`. */
export const dallEModels: readonly Model[] = [
  {
    id: 'dall-e-3',
    vendor: 'openai',
    ruleSets: {
      'images.generations': parameterRules({
        prompt: text(4000, { source: spec, required: true }),
        model: modelName,
        n: integer(1, 1, nullable),
        quality: oneOf(['standard', 'hd', 'auto'], nullable),
        size: oneOf(['1024x1024', '1792x1024', '1024x1792'], nullable),
        style: oneOf(['vivid', 'natural'], nullable),
        response_format,
        user: userTag,
      }),
    },
    price: {
      unit: 'image',
      usdPerImage: [
        { quality: 'standard', size: '1024x1024', usd: 0.04 },
        { quality: 'standard', size: '1792x1024', usd: 0.08 },
        { quality: 'standard', size: '1024x1792', usd: 0.08 },
        { quality: 'hd', size: '1024x1024', usd: 0.08 },
        { quality: 'hd', size: '1792x1024', usd: 0.12 },
        { quality: 'hd', size: '1024x1792', usd: 0.12 },
      ],
      defaults: { quality: 'standard', size: '1024x1024' },
      source: dallePricing,
    },
    notes: retired,
  },
  {
    id: 'dall-e-2',
    vendor: 'openai',
    ruleSets: {
      'images.generations': parameterRules({
        prompt: text(1000, { source: spec, required: true }),
        model: modelName,
        n: integer(1, 10, nullable),
        quality: oneOf(['standard', 'auto'], nullable),
        size: smallSizes,
        response_format,
        user: userTag,
      }),
      'images.edits': parameterRules(
        {
          prompt: text(1000, { source: editSpec, required: true }),
          image: imageFiles(squarePng, { source: editSpec, required: true }),
          mask: imageFiles({ ...squarePng, isSquare: false, hasAlpha: true }, { source: editSpec }),
          model: modelName,
          n: integer(1, 10, nullable),
          quality: oneOf(['standard', 'auto'], nullable),
          size: smallSizes,
          response_format,
          user: userTag,
        },
        { combinations: [maskFitsImage(editSpec)] },
      ),
      'images.variations': parameterRules({
        image: imageFiles(squarePng, { source: variationSpec, required: true }),
        model: modelName,
        n: integer(1, 10, nullable),
        size: smallSizes,
        response_format,
        user: userTag,
      }),
    },
    price: {
      unit: 'image',
      usdPerImage: [
        { size: '256x256', usd: 0.016 },
        { size: '512x512', usd: 0.018 },
        { size: '1024x1024', usd: 0.02 },
      ],
      defaults: { quality: 'standard', size: '1024x1024' },
      source: dallePricing,
    },
    notes: retired,
  },
]
