import { readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { withReport } from '../../bench/report/page.ts'
import { pictureOf } from '../../bench/report/picture.ts'
import { outcomesOf } from '../../bench/report/targets.ts'
import { mediansOf } from '../../bench/works/results.ts'
import type { Measured, Results, Round } from '../../bench/works/results.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const KEPT = readdirSync(join(ROOT, 'bench/results')).filter((name) => name.endsWith('.json'))

function round(requests: number, more: Partial<Round> = {}): Round {
  return { requests, errors: 0, seconds: 2, megabytes: 1, p50: 1, p95: 2, p99: 3, ...more }
}

function resultsOf(systems: readonly Measured[]): Results {
  const machine = {
    date: '2026-01-01 00:00',
    cpu: 'a processor',
    cores: 2,
    memoryGb: 8,
    system: 'Linux',
    node: '26.0.0',
    wrk: '4.1.0',
    revision: 'abc1234',
    isPinned: true,
    loadBefore: 0,
  }
  const facts = systems.map(({ system }) => ({ id: system, title: system, version: '1', settings: '', fairness: '' }))
  return { extent: 'full', machine, seconds: 60, systems: facts, works: [{ work: 'a', systems }], startMs: [] }
}

describe('the page of the benchmark', () => {
  it('is made from the one run that is kept, and so is its picture', () => {
    expect(KEPT).toHaveLength(1)
    const [name = ''] = KEPT
    const results = JSON.parse(readFileSync(join(ROOT, 'bench/results', name), 'utf8')) as Results
    const page = readFileSync(join(ROOT, 'docs/benchmarks.md'), 'utf8')
    expect(withReport(page, results, name) === page).toBe(true)
    expect(pictureOf(results) === readFileSync(join(ROOT, 'docs/benchmarks.svg'), 'utf8')).toBe(true)
  })

  it('names a system that cannot do a work, with the reason', () => {
    const results = resultsOf([
      { system: 'direct', rounds: [round(100)] },
      { system: 'portkey', rounds: [], missing: 'answers 500: a | b' },
    ])
    const page = withReport(readFileSync(join(ROOT, 'docs/benchmarks.md'), 'utf8'), results, 'x.json')
    expect(page).toContain(String.raw`| portkey | – answers 500: a \| b |`)
    expect(pictureOf(results)).toContain('cannot, see the table')
  })
})

describe('the figures of a run', () => {
  it('are the medians of its rounds, without errors, beside the least and the most', () => {
    const medians = mediansOf({
      system: 'gateway',
      rounds: [round(100, { cpuPer1000: 0.2 }), round(140), round(120, { errors: 60, cpuPer1000: 0.4 })],
    })
    expect(medians).toMatchObject({ rate: 50, rateSpread: [30, 70], errors: 60, p99: 3 })
    expect(medians?.cpuPer1000).toBeCloseTo(0.3)
  })

  it('are held against the targets in both directions, and left out where a system is missing', () => {
    const outcomes = outcomesOf(
      resultsOf([
        { system: 'gateway', rounds: [round(40, { cpuPer1000: 0.1, p99: 20 })] },
        { system: 'nginx', rounds: [round(100)] },
      ]),
    ).filter(({ value }) => value !== undefined)
    expect(outcomes.map(({ title, value, isReached }) => [title, value, isReached])).toEqual([
      ['rate, against nginx as it comes', 0.4, true],
      ['CPU of a request', 0.1, true],
      ['p99', 20, false],
    ])
  })
})
