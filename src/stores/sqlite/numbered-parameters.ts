import { DatabaseSync } from 'node:sqlite'
import type { SQLInputValue, StatementSync } from 'node:sqlite'

let bindsByPosition: boolean | undefined

/**
 * Node up to 22.19 and 24.0 takes `?1` for the name of a parameter and binds none by its position, newer ones do: "column
 * index out of range".
 */
export function takesNumbers(): boolean {
  if (bindsByPosition !== undefined) return bindsByPosition
  const memory = new DatabaseSync(':memory:')
  try {
    bindsByPosition = memory.prepare('SELECT ?1 AS one').get(1) !== undefined
  } catch {
    bindsByPosition = false
  } finally {
    memory.close()
  }
  return bindsByPosition
}

/** A statement with numbered parameters that is called by position in every Node: values are bound by their names. */
export function boundByName(statement: StatementSync): StatementSync {
  const named = (values: readonly SQLInputValue[]): Record<string, SQLInputValue> =>
    Object.fromEntries(values.map((value, index) => [`?${index + 1}`, value]))
  const [get, all, run] = [statement.get.bind(statement), statement.all.bind(statement), statement.run.bind(statement)]
  return Object.assign(statement, {
    get: (...values: SQLInputValue[]) => get(named(values)),
    all: (...values: SQLInputValue[]) => all(named(values)),
    run: (...values: SQLInputValue[]) => run(named(values)),
  })
}
