/** Keeps the package from looking for ever at a damaged file, which it does without a pause where the bytes are here already. */
import { CustomSource, type CustomSourceOptions } from 'mediabunny'
import { nextTurn } from '../../../lib/turn.ts'

/** Reads of one turn of the event loop: some ten milliseconds. */
const READS = 2_000

/** The package's own way of reading, which all its parsers go through. Not of its public interface: the version is pinned, and a test holds it. */
const READ = '_read'
type Reading = Record<typeof READ, (...place: readonly number[]) => unknown>

/** The same source; between reads others have their turn, and the signal ends it. */
export function patientSource(options: CustomSourceOptions, signal: AbortSignal): CustomSource {
  const source = new CustomSource(options)
  const reading = source as unknown as Reading
  const read = reading[READ].bind(source)
  let reads = 0
  reading[READ] = (...place) => {
    if (++reads < READS) return read(...place)
    reads = 0
    return nextTurn().then(() => {
      signal.throwIfAborted()
      return read(...place)
    })
  }
  return source
}
