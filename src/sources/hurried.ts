import { MediaError } from '../error.ts'
import type { Original } from '../media/original.ts'

/**
 * The same original, whose reads must all be done within `ms` from now: a source that trickles would otherwise hold
 * memory for as long as it likes. Streams are not hurried: their reader holds no more than a chunk.
 * @throws SOURCE_TIMEOUT from `read`
 */
export function hurriedOriginal(original: Original, ms: number): Original {
  const { size, validator, type, sourceType } = original
  const late = AbortSignal.timeout(ms)
  return {
    ...(size === undefined ? {} : { size }),
    ...(type === undefined ? {} : { type }),
    validator,
    sourceType,
    stream: (range) => original.stream(range),
    close: () => original.close(),
    read: (range) =>
      new Promise((resolve, reject) => {
        const fail = () =>
          reject(new MediaError('SOURCE_TIMEOUT', `Source is too slow: not read in ${ms} ms`))
        if (late.aborted) return fail()
        late.addEventListener('abort', fail, { once: true })
        const settle = () => late.removeEventListener('abort', fail)
        original
          .read(range)
          .then(resolve, reject)
          .finally(settle)
          .catch(() => undefined)
      }),
  }
}
