import { describe, expect, it } from 'vitest'
import { boundaryOf, MultipartError } from '../../../../src/gateway/requests/uploads/multipart-headers.ts'

const LEAVE_IT = 'Do not set the header yourself: the client library sets it'

describe('a boundary is read', () => {
  it.each([
    ['multipart/form-data; boundary=abc', 'abc'],
    ['Multipart/Form-Data;BOUNDARY=AbC', 'AbC'],
    ['multipart/form-data ; charset=utf-8 ; boundary=abc', 'abc'],
    ['multipart/form-data; boundary="abc"; charset="a\\"; boundary=b"', 'abc'],
    [`multipart/form-data; boundary="a'()+_,-./:=?9"`, "a'()+_,-./:=?9"],
    ['multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxk', '----WebKitFormBoundary7MA4YWxk'],
    [`multipart/form-data; boundary=${'x'.repeat(70)}`, 'x'.repeat(70)],
  ])('out of %s', (contentType, boundary) => {
    expect(boundaryOf(contentType)).toBe(boundary)
  })
})

describe('a content type is refused', () => {
  it.each([
    ['multipart/form-data', LEAVE_IT],
    ['multipart/form-data; charset=utf-8', LEAVE_IT],
    ['multipart/form-data; boundary=', LEAVE_IT],
    ['multipart/form-data; boundary=""', LEAVE_IT],
    ['', 'must be multipart/form-data'],
    ['application/json; boundary=abc', 'must be multipart/form-data'],
    ['multipart/mixed; boundary=abc', 'must be multipart/form-data'],
    [`multipart/form-data; boundary=${'x'.repeat(71)}`, 'longer than 70 characters'],
    ['multipart/form-data; boundary="a b"', 'a character that is not allowed'],
    ['multipart/form-data; boundary="a\\"b"', 'a character that is not allowed'],
    ['multipart/form-data; boundary="\u00e9"', 'a character that is not allowed'],
    ['multipart/form-data; boundary="a\r\nb"', 'a character that is not allowed'],
    ['multipart/form-data; boundary=a; boundary=b', 'the same parameter twice'],
    ['multipart/form-data; boundary=a; Boundary=a', 'the same parameter twice'],
    ["multipart/form-data; boundary*=utf-8''a", LEAVE_IT],
    ['multipart/form-data; boundary=a:b', 'malformed'],
    ['multipart/form-data; boundary=a b', 'malformed'],
    ['multipart/form-data; boundary="a', 'malformed'],
    ['multipart/form-data; boundary=a, multipart/form-data; boundary=b', 'malformed'],
    ['multipart/form-data boundary=a', 'must be multipart/form-data'],
  ])('that is %j', (contentType, words) => {
    expect(() => boundaryOf(contentType)).toThrow(MultipartError)
    expect(() => boundaryOf(contentType)).toThrow(words)
  })
})
