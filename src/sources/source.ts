import type { Original } from '../media/original.ts'

/** What a source needs to find one original. */
export interface OpenRequest {
  /** Named captures and numbered ones ("1", "2", …) of the origin's pattern, decoded. */
  readonly captures: Readonly<Record<string, string>>
  /** Ends all work for this original when it fires. */
  readonly signal: AbortSignal
}

/**
 * One place that originals come from. Implementations: storage, http, s3; all pass `test/contracts/source.ts`.
 */
export interface Source {
  /** `storage`, `http` or `s3`. */
  readonly type: string
  /**
   * @throws NOT_FOUND, GONE, ADDRESS_REFUSED, INVALID_PATH, SOURCE_FAILED, SOURCE_TIMEOUT, NOT_SUPPORTED_HERE, or the
   * signal's reason
   */
  open(request: OpenRequest): Promise<Original>
  /**
   * Whether the original still is the version that `validator` names, for less than `open` costs.
   * @throws what `open` throws
   */
  check?(request: OpenRequest, validator: string): Promise<boolean>
}
