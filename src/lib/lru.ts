/** A map that forgets what was not used for longest, bounded by what its values weigh. */

export interface Lru<V> {
  /** Counts as a use. */
  get(key: string): V | undefined
  /** A value heavier than the whole is not kept. */
  set(key: string, value: V, weight: number): void
  delete(key: string): void
  clear(): void
  /** Sum of the weights held. */
  readonly weight: number
}

export function createLru<V>(maxWeight: number): Lru<V> {
  // A Map iterates in order of insertion: using a key means inserting it again.
  const held = new Map<string, { readonly value: V; readonly weight: number }>()
  let total = 0

  function remove(key: string): void {
    const entry = held.get(key)
    if (!entry) return
    held.delete(key)
    total -= entry.weight
  }

  return {
    get(key) {
      const entry = held.get(key)
      if (!entry) return undefined
      held.delete(key)
      held.set(key, entry)
      return entry.value
    },
    set(key, value, weight) {
      remove(key)
      if (weight > maxWeight) return
      held.set(key, { value, weight })
      total += weight
      for (const oldest of held.keys()) {
        if (total <= maxWeight) break
        remove(oldest)
      }
    },
    delete: remove,
    clear() {
      held.clear()
      total = 0
    },
    get weight() {
      return total
    },
  }
}
