import { parameterRules } from './rules/parameter-rules.ts'
import { oneOf } from './rules/parameter.ts'
import { SOURCES } from './sources.ts'
import type { Model } from './model.ts'
import type { ParameterRules, ParameterValues } from './rules/parameter-rules.ts'

const NAME = 'response_format'

const source = SOURCES.gateway
const responseFormat = oneOf(['url', 'b64_json'], { source })
/** Models of a gateway with a shelf: those that answer in base64 alone take `response_format` too, for links of the gateway's. */
export function withLinks(models: readonly Model[]): readonly Model[] {
  return models.map((model) => {
    if (!answersInBase64(model)) return model
    const ruleSets = Object.entries(model.ruleSets).map(([name, rules]) => [name, withResponseFormat(rules)])
    return { ...model, ruleSets: Object.fromEntries(ruleSets) as Model['ruleSets'] }
  })
}

/** The model's answers are base64, whatever is asked for. */
export function answersInBase64({ redundant }: Model): boolean {
  return redundant?.[NAME] === 'b64_json'
}

/**
 * The form of answer that a request asks for in a parameter that its model does not take, so that it stays here. Undefined
 * where there is no such parameter.
 */
export function ownAnswerForm(model: Model, given: ParameterValues): 'url' | 'b64_json' | undefined {
  const form = answersInBase64(model) ? given.get(NAME) : undefined
  return form === 'url' || form === 'b64_json' ? form : undefined
}

function withResponseFormat(rules: ParameterRules): ParameterRules {
  const { parameters, combinations, open } = rules
  return parameterRules({ ...parameters, [NAME]: responseFormat }, { combinations, open })
}
