import { describe, expect, it } from 'vitest'
import { Origins } from '../../src/access/origins.ts'
import type { PageHeaders } from '../../src/access/origins.ts'

const origins = new Origins(['https://app.example.com', 'tauri://localhost'])
const host = 'localhost:8080'
const isRefused = (headers: PageHeaders): boolean => origins.refusalOf({ host, ...headers }) !== undefined

describe('a request is served', () => {
  it.each<[string, PageHeaders]>([
    ['from an SDK or curl', {}],
    ['from the gateway’s own page', { origin: 'http://localhost:8080', 'sec-fetch-site': 'same-origin' }],
    ['from its own page that reads, without an Origin', { 'sec-fetch-site': 'same-origin' }],
    ['from its own page behind a proxy with https', { origin: 'https://gw.example.com', host: 'gw.example.com' }],
    ['from its own page, with a host in capitals', { origin: 'http://localhost:8080', host: 'LOCALHOST:8080' }],
    ['from an address that a person typed in', { 'sec-fetch-site': 'none' }],
    ['from a listed page', { origin: 'https://app.example.com', 'sec-fetch-site': 'cross-site' }],
    ['from a listed page of the same site', { origin: 'https://app.example.com', 'sec-fetch-site': 'same-site' }],
    ['from a listed page of another scheme', { origin: 'tauri://localhost', 'sec-fetch-site': 'cross-site' }],
  ])('%s', (_from, headers) => {
    expect(isRefused(headers)).toBe(false)
  })
})

describe('a request is refused', () => {
  it.each<[string, PageHeaders]>([
    ['from another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['from another site in a browser without Sec-Fetch-Site', { origin: 'https://evil.example' }],
    ['from an image tag, which has no Origin', { 'sec-fetch-site': 'cross-site' }],
    ['from another port of this machine', { origin: 'http://localhost:3000', 'sec-fetch-site': 'same-site' }],
    ['from an image tag of another port', { 'sec-fetch-site': 'same-site' }],
    ['from a file or a sandboxed frame', { origin: 'null' }],
    ['from a sandboxed frame that a browser says more of', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ['from a page that only looks listed', { origin: 'https://app.example.com.evil.example' }],
    ['from a listed host with another port', { origin: 'https://app.example.com:8443' }],
    ['from a listed host without https', { origin: 'http://app.example.com' }],
    ['from two origins', { origin: 'https://app.example.com, https://evil.example' }],
    ['from its own name on another port', { origin: 'http://localhost' }],
    [
      'from its own name, when the browser says that the scheme differs',
      { origin: 'http://localhost:8080', 'sec-fetch-site': 'cross-site' },
    ],
    ['with an empty Origin', { origin: '' }],
    ['with an Origin and no Host', { origin: 'http://localhost:8080', host: undefined }],
    ['with a Sec-Fetch-Site that nobody knows', { 'sec-fetch-site': 'cross-site, same-origin' }],
  ])('%s', (_from, headers) => {
    expect(isRefused(headers)).toBe(true)
  })

  it('with the origin and the remedy in words', () => {
    const error = origins.refusalOf({ host, origin: 'https://evil.example' })
    expect(error).toMatchObject({ code: 'origin_not_allowed', status: 403 })
    expect(error?.message).toBe(
      'This request comes from a web page of another origin (Origin: https://evil.example), which may not call this gateway. CORS_ORIGINS lists the origins that may.',
    )
  })

  it.each(['https://evil.example/\u001b[2J', `https://${'x'.repeat(300)}.example`, 'https://b\u00fccher.example'])(
    'without an origin that a terminal would not show: %j',
    (origin) => {
      expect(origins.refusalOf({ host, origin })?.message).toContain('another origin, which')
    },
  )
})
