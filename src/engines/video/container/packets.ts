/** Which packets a part of a presentation takes: whole packets, in decode order. */
import {
  EncodedPacketSink,
  type EncodedPacket,
  type InputTrack,
  type PacketRetrievalOptions,
} from 'mediabunny'
import type { Span } from '../../../plan/timed/recipe.ts'

/** No codec shows a frame more than this many packets after it was decoded (H.264 and HEVC: 16). */
const REORDERED = 16
/** Some files call every frame with transparency a key frame. */
const VERIFIED = { verifyKeyPackets: true } as const

/** In decode order. The package's own way of going on reads ahead, by as much as a second of work would take. */
export async function* packetsFrom(
  sink: EncodedPacketSink,
  first: EncodedPacket,
  options: PacketRetrievalOptions = {},
): AsyncGenerator<EncodedPacket, void, void> {
  for (let packet: EncodedPacket | null = first; packet; packet = await sink.getNextPacket(packet, options))
    yield packet
}

/**
 * The packets of a track that are shown within `span`, those that they are decoded from included: of video that is from
 * the key frame at or before its start. A packet that is shown after the end stands between others only where they need it.
 * @param span in the track's own time
 */
export async function* packetsWithin(
  track: InputTrack,
  { start = -Infinity, end = Infinity }: Span,
): AsyncGenerator<EncodedPacket, void, void> {
  const sink = new EncodedPacketSink(track)
  const first = await firstPacket(sink, start)
  if (!first) return
  let late: EncodedPacket[] = []
  for await (const packet of packetsFrom(sink, first)) {
    if (packet.timestamp < end) {
      yield* late
      late = []
      yield packet
    } else {
      // What comes after the next key frame is not shown before it.
      if (packet.type === 'key' || late.length >= REORDERED) return
      late.push(packet)
    }
  }
}

/** The key packet that is shown at or before `start`, else the first one of all. */
async function firstPacket(sink: EncodedPacketSink, start: number): Promise<EncodedPacket | null> {
  const key = Number.isFinite(start) ? await sink.getKeyPacket(start, VERIFIED) : null
  return key ?? (await sink.getFirstKeyPacket(VERIFIED))
}
