/** Bytes after which work that never waits lets others have their turn. */
export const TURN_BYTES = 1_048_576

/** Resolves when the event loop has gone round: bytes that come without a pause would keep everybody else waiting. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0))
}
