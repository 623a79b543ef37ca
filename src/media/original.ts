/**
 * The source media as the rest of the service sees it: a pinned version of some bytes, readable at random.
 * Everything read from one `Original` belongs to one validator; a change underneath is one retry, then SOURCE_CHANGED.
 */

/** Half-open range of bytes, `end` exclusive. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

export interface Validator {
  /** Strongest thing the source says of this version: an ETag, or `mtime-size`. Opaque; equal text = equal bytes. */
  readonly text: string
  /** Milliseconds since the epoch, when the source knows it. */
  readonly lastModified?: number
}

export interface Original {
  /** Bytes in all; absent when the source does not say. */
  readonly size?: number
  readonly validator: Validator
  /** Content-Type as the source declares it: a hint for the log, never trusted. */
  readonly type?: string
  /** `storage`, `http` or `s3`, for `X-Source-Type`. */
  readonly sourceType: string
  /** Bytes `range.start` to `range.end`, shorter only at the end of the file. */
  read(range: ByteRange): Promise<Uint8Array>
  /** The whole file or a range of it, with back-pressure. Cancelling closes what is underneath. */
  stream(range?: ByteRange): ReadableStream<Uint8Array>
  /** Lets go of sockets and files. Safe to call twice. */
  close(): Promise<void>
}
