import { anyFiles } from './image-file.ts'
import { anyString, boolean, parameter, text, textOrNothing } from './parameter.ts'
import { SOURCES } from '../sources.ts'
import { parameterRules } from './parameter-rules.ts'
import type { ParameterRules } from './parameter-rules.ts'
import type { RuleSet } from '../model.ts'
import type { Parameter } from './parameter.ts'
import { z } from 'zod'

const { spec, comet, editSpec, variationSpec } = SOURCES
const nullable = { source: spec, nullable: true }

/** The name of the model: a string here, resolved by the catalogue. */
export const modelName: Parameter = anyString({ source: spec, nullable: true })

/** A whole number of any size: for models whose limits are not known. */
const anyInteger = parameter(z.int(), { types: ['integer'], allowed: 'an integer' }, nullable)

/** OpenAI's end-user tag; not interpreted. */
export const userTag: Parameter = anyString({ source: spec })

/** OpenAI's newer end-user tag, hashed by the client. An empty one is none, and `user` counts (openai 7.57.0). */
export const safetyIdentifier: Parameter = textOrNothing(128, { source: SOURCES.sdk, nullable: true })

/**
 * For a model the catalogue does not know OpenAI's standard parameters must have their types, any value passes, and so
 * does every other parameter. The upstream decides.
 */
const standard = {
  model: modelName,
  n: parameter(z.int().min(1), { types: ['integer'], allowed: 'an integer of at least 1' }, nullable),
  quality: anyString(nullable),
  size: anyString(nullable),
  style: anyString(nullable),
  background: anyString(nullable),
  moderation: anyString(nullable),
  response_format: anyString(nullable),
  output_format: anyString(nullable),
  output_compression: anyInteger,
  partial_images: anyInteger,
  stream: boolean(nullable),
  user: anyString(nullable),
}
const prompt = text(1_000_000, { source: comet, required: true })

const openRules = (parameters: ParameterRules['parameters']): ParameterRules =>
  parameterRules(parameters, { open: true })

/** Rules for a model the catalogue does not know, in every operation. */
export const unknownModelRules: Readonly<Record<RuleSet, ParameterRules>> = {
  'images.generations': openRules({ prompt, ...standard }),
  'images.edits': openRules({
    prompt,
    image: anyFiles({ source: editSpec, required: true }),
    mask: anyFiles({ source: editSpec }),
    ...standard,
  }),
  'images.edits.json': openRules({ prompt, ...standard }),
  'images.variations': openRules({ image: anyFiles({ source: variationSpec, required: true }), ...standard }),
}
