import { anyString, boolean, parameter, text } from './parameter.ts'
import { SOURCES } from './sources.ts'
import type { ParameterRules } from './model.ts'
import type { Parameter } from './parameter.ts'
import { z } from 'zod'

const { spec, comet } = SOURCES
const nullable = { source: spec, nullable: true }

/** The name of the model: a string here, resolved by the catalogue. */
export const modelName: Parameter = anyString({ source: spec, nullable: true })

/** A whole number of any size: for models whose limits are not known. */
const anyInteger = parameter(z.int(), { types: ['integer'], allowed: 'an integer' }, nullable)

/** OpenAI's end-user tag; not interpreted. */
export const userTag: Parameter = anyString({ source: spec })

/**
 * Rules for a model the catalogue does not know: OpenAI's standard parameters must have their types, any value
 * passes, and so does every other parameter. The upstream decides.
 */
export const unknownModelRules: ParameterRules = {
  parameters: {
    prompt: text(1_000_000, { source: comet, required: true }),
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
  },
  combinations: [],
  open: true,
}
