/** A failure below HTTP. `code` is stable; the message is for the log. */
export class PinnedFetchError extends Error {
  override readonly name = 'PinnedFetchError'
  readonly code: PinnedFetchCode

  constructor(code: PinnedFetchCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
  }
}

export type PinnedFetchCode =
  | 'ADDRESS_DENIED'
  | 'NAME_UNKNOWN'
  | 'CONNECT_TIMEOUT'
  | 'IDLE_TIMEOUT'
  | 'BODY_TRUNCATED'
  | 'ENCODING_UNKNOWN'
