import { describe, expect, it } from 'vitest'
import { PublicUrl } from '../../src/app/public-url.ts'

describe('the address of links', () => {
  it.each([
    ['127.0.0.1', 'http://127.0.0.1:8080'],
    ['0.0.0.0', 'http://127.0.0.1:8080'],
    ['::', 'http://127.0.0.1:8080'],
    ['::1', 'http://[::1]:8080'],
    ['192.168.1.7', 'http://192.168.1.7:8080'],
  ])('of a gateway that listens on %s is %s', (host, expected) => {
    const url = new PublicUrl(undefined)
    expect(url.value).toBeUndefined()
    url.listensOn(host, 8080)
    expect(url.value).toBe(expected)
  })

  it('is the configured one wherever the gateway listens', () => {
    const url = new PublicUrl('https://images.example.com')
    url.listensOn('0.0.0.0', 8080)
    expect(url.value).toBe('https://images.example.com')
  })
})
