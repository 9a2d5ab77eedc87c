import { expect } from 'vitest'
import { Catalogue } from '../../src/models/catalogue.ts'
import { checkParameters } from '../../src/models/rules/check-parameters.ts'
import type { CheckResult } from '../../src/models/rules/check-parameters.ts'
import type { Issue } from '../../src/errors/gateway-error.ts'
import type { Model } from '../../src/models/model.ts'
import type { ParameterRules, ParameterValues } from '../../src/models/rules/parameter-rules.ts'

export const catalogue = new Catalogue({ unknownModels: 'allow' })

/** Parameters as a JSON body would give them, with a prompt unless the test says otherwise. */
export function given(parameters: Record<string, unknown> = {}): ParameterValues {
  return new Map(Object.entries({ prompt: 'A paper boat', ...parameters }))
}

export function modelOf(name: string): Model {
  return catalogue.resolve(name).entry
}

export function rulesOf(name: string): ParameterRules {
  const rules = modelOf(name).ruleSets['images.generations']
  if (rules === undefined) throw new Error(`${name} has no rules for images.generations`)
  return rules
}

export function check(model: string, parameters: ParameterValues): CheckResult {
  return checkParameters(rulesOf(model), model, parameters, catalogue.namesIn('images.generations'))
}

/** Every problem of a request, in the order in which a client gets them. */
export function problems(model: string, parameters: Record<string, unknown>): readonly Issue[] {
  const { issues, notTaken } = check(model, given(parameters))
  return [...issues, ...notTaken]
}

/** The problem of a request that must have exactly one. */
export function onlyProblem(model: string, parameters: Record<string, unknown>): Issue {
  const [first, ...others] = problems(model, parameters)
  expect(others).toEqual([])
  if (first === undefined) throw new Error(`${model} takes ${JSON.stringify(parameters)}`)
  return first
}
