/** What a module made by wasm-bindgen holds of JavaScript: values by number. */
export interface Objects {
  add(value: unknown): number
  get(at: number): unknown
  /** Gives it back, and forgets it. */
  take(at: number): unknown
}

/** Numbers below this one stand for undefined, null, true and false. */
const FIRST = 132
const CONSTANTS: readonly unknown[] = [undefined, null, true, false]

export function createObjects(): Objects {
  const values = new Map<number, unknown>()
  let next = FIRST
  const get = (at: number) => (at < FIRST ? CONSTANTS[at - 128] : values.get(at))
  return {
    get,
    add(value) {
      values.set(next, value)
      return next++
    },
    take(at) {
      const value = get(at)
      values.delete(at)
      return value
    },
  }
}
