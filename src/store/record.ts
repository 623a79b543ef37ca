/**
 * The one small record that makes a blob visible. Its first line holds a checksum over all that follows, so a record
 * cut short or mixed up is recognised and read as absent.
 */
import { concatBytes } from '../lib/bytes.ts'
import { sha256Hex } from '../lib/hash.ts'

export interface Manifest {
  /** Of this layout; another number reads as absent. */
  readonly version: 1
  /** Names the blocks of this writing apart from those of earlier ones. */
  readonly generation: string
  /** Bytes of the body. */
  readonly size: number
  /** `inline`: the body follows the manifest. `whole`: one value, read by ranges. `chunks`: one value a block. */
  readonly layout: 'inline' | 'whole' | 'chunks'
  readonly blockSize: number
  /** Hex SHA-256 of every block of `blockSize` bytes, the last one shorter; none when inline. */
  readonly blocks: readonly string[]
  /** What the user of the store says of the body; JSON-serialisable. */
  readonly meta: unknown
}

const HEADER = /^mm1 ([0-9a-f]{64}) (\d{1,8})\n$/
const HEADER_LENGTH = 4 + 64 + 1 + 8 + 1

export async function encodeRecord(manifest: Manifest, inline: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const json = new TextEncoder().encode(JSON.stringify(manifest))
  const payload = concatBytes([json, inline])
  const header = `mm1 ${await sha256Hex(payload)} ${String(json.length).padStart(8, '0')}\n`
  return concatBytes([new TextEncoder().encode(header), payload])
}

/** Undefined when the bytes are not a whole record of this version. */
export async function decodeRecord(
  bytes: Uint8Array<ArrayBuffer>,
): Promise<{ readonly manifest: Manifest; readonly inline: Uint8Array<ArrayBuffer> } | undefined> {
  const header = HEADER.exec(new TextDecoder().decode(bytes.subarray(0, HEADER_LENGTH)))
  const payload = bytes.subarray(HEADER_LENGTH)
  if (!header || header[1] !== (await sha256Hex(payload))) return undefined
  const jsonLength = Number(header[2])
  const manifest = JSON.parse(new TextDecoder().decode(payload.subarray(0, jsonLength))) as Manifest
  return manifest.version === 1 ? { manifest, inline: payload.subarray(jsonLength) } : undefined
}
