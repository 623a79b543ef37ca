import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concatBytes, gather } from '../../src/lib/bytes.ts'

test('parts become one, whether their length was known or not', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 20 })), fc.nat(5), async (parts, missing) => {
      const whole = concatBytes(parts)
      for (const length of [undefined, whole.length, whole.length + missing]) {
        const gathered = gather(length)
        for (const part of parts) gathered.add(part)
        expect(await gathered.whole()).toEqual(whole)
        expect((await gathered.whole()).buffer.byteLength).toBe(whole.length)
      }
    }),
  )
})
