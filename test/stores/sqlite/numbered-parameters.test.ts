import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { boundByName } from '../../../src/stores/sqlite/numbered-parameters.ts'

describe('a statement with numbered parameters', () => {
  it('takes its values by position where they are bound by name', () => {
    const database = new DatabaseSync(':memory:')
    database.exec('CREATE TABLE pairs (a INTEGER, b INTEGER)')
    expect(boundByName(database.prepare('INSERT INTO pairs VALUES (?2, ?1)')).run(1, 2).changes).toBe(1)
    const read = boundByName(database.prepare('SELECT a, b FROM pairs WHERE a = ?1 AND b BETWEEN ?2 AND ?1'))
    expect(read.get(2, 1)).toEqual({ a: 2, b: 1 })
    expect(read.all(2, 1)).toEqual([{ a: 2, b: 1 }])
    expect(read.all(1, 2)).toEqual([])
    database.close()
  })
})
