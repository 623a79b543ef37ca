import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concatBytes, gather } from '../../src/lib/bytes.ts'

test('parts become one, whether their length was known or not', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 20 })), fc.nat(5), (parts, missing) => {
      const whole = concatBytes(parts)
      for (const length of [undefined, whole.length, whole.length + missing]) {
        const gathered = gather(length)
        for (const part of parts) gathered.add(part)
        expect(gathered.whole()).toEqual(whole)
        expect(gathered.whole().buffer.byteLength).toBe(whole.length)
      }
    }),
  )
})
