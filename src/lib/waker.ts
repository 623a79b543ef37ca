/** A wait that others can cut short. */
export interface Waker {
  /** Resolves after `ms` milliseconds, or as soon as it is woken; at once if that happened since the last wait. */
  wait(ms: number): Promise<void>
  wake(): void
}

export function createWaker(): Waker {
  let isAwake = false
  let rouse: (() => void) | undefined
  return {
    async wait(ms) {
      if (!isAwake) {
        let timer: ReturnType<typeof setTimeout> | undefined
        await new Promise<void>((resolve) => {
          rouse = resolve
          timer = setTimeout(resolve, ms)
        })
        clearTimeout(timer)
        rouse = undefined
      }
      isAwake = false
    },
    wake() {
      isAwake = true
      rouse?.()
    },
  }
}
