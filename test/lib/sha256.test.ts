import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { createSha256 } from '../../src/lib/sha256.ts'

const expected = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const data = Uint8Array.from({ length: 1000 }, (_, at) => (at * 31) & 255)

test('is SHA-256 of every length around its blocks', () => {
  for (let length = 0; length < 200; length++) {
    const hash = createSha256()
    hash.update(data.subarray(0, length))
    expect([length, hash.digest()]).toEqual([length, expected(data.subarray(0, length))])
  }
})

test('however the bytes come', () => {
  for (const step of [1, 3, 63, 64, 65, 127, 500]) {
    const hash = createSha256()
    for (let at = 0; at < data.length; at += step) hash.update(data.subarray(at, at + step))
    expect([step, hash.digest()]).toEqual([step, expected(data)])
  }
})
