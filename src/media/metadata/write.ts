/** Metadata into files of our own encoders. */
import type { FormatName } from '../format.ts'
import { writeAvifMetadata } from './containers/avif-write.ts'
import { writeGifMetadata } from './containers/gif.ts'
import { writeJpegMetadata } from './containers/jpeg-write.ts'
import { writePngMetadata } from './containers/png-write.ts'
import { writeWebpMetadata } from './containers/webp.ts'
import type { Metadata } from './metadata.ts'

type Writer = (file: Uint8Array<ArrayBuffer>, metadata: Metadata) => Uint8Array<ArrayBuffer>

const WRITERS: Readonly<Partial<Record<FormatName, Writer>>> = {
  jpeg: writeJpegMetadata,
  png: writePngMetadata,
  webp: writeWebpMetadata,
  avif: writeAvifMetadata,
  gif: writeGifMetadata,
}

/** The file itself where there is nothing to write. */
export function writeMetadata(
  format: FormatName,
  file: Uint8Array<ArrayBuffer>,
  metadata: Metadata,
): Uint8Array<ArrayBuffer> {
  const isEmpty = Object.keys(metadata).length === 0
  return isEmpty ? file : (WRITERS[format]?.(file, metadata) ?? file)
}
