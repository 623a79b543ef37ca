/** The packets that some frames are decoded from, as a small file of their own: what an ffmpeg gets to see of a video. */
import {
  BufferTarget,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  MkvOutputFormat,
  Output,
  type EncodedPacket,
  type Input,
  type InputVideoTrack,
  type VideoCodec,
} from 'mediabunny'
import { limitError, MediaError } from '../../../error.ts'
import type { FormatName } from '../../../media/format.ts'
import { corrupt } from '../../../media/headers/reader.ts'
import type { Reading } from './open.ts'
import { dependenceReader, disposable } from './disposable.ts'
import { packetsFrom } from './packets.ts'

/** Milliseconds from frame to frame in the cut: Matroska's clock. */
const STEP_MS = 2
/** Less than any frame lasts. */
const INSTANT = 1e-4
/** Some files call every frame with transparency a key frame. */
const VERIFIED = { verifyKeyPackets: true } as const
const PLACE = { metadataOnly: true } as const
/** Pictures and the sound that stands between them. */
const BESIDE = 1.06

export interface CutTask {
  readonly from: FormatName
  /** Seconds from the start of the presentation. */
  readonly times: readonly number[]
  /** How far from its time a key frame may lie that stands for the frame of a time, in seconds; Infinity: one always does; absent: none does. */
  readonly slack?: number
  /** Most bytes of packets. */
  readonly bytes: number
}

export interface Cut {
  /** Matroska. Frames that are wanted stand at odd milliseconds, all others at even ones. */
  readonly bytes: Uint8Array<ArrayBuffer>
  /** For each time, which of the wanted frames it is, from 0 in order of presentation. */
  readonly frames: readonly number[]
  /** For each time, what names the key frame that it is decoded from. */
  readonly keys: readonly number[]
}

/**
 * The frame of a time is the last one that is shown at or before it, or the first one where there is none.
 * @throws LIMIT_EXCEEDED, CORRUPT_MEDIA, UNSUPPORTED_CODEC
 */
export async function cutFrames(
  input: Input,
  reading: Reading,
  { from, times, slack, bytes }: CutTask,
): Promise<Cut> {
  const track = await input.getPrimaryVideoTrack()
  if (!track) throw corrupt(from, 'it has no pictures')
  const codec = await track.getCodec()
  if (codec === null)
    throw new MediaError('UNSUPPORTED_CODEC', 'Its pictures are of a codec that is not known')
  const origin = Math.max(0, await input.getFirstTimestamp())
  const sink = new EncodedPacketSink(track)
  const gathered: Gathered = { packets: new Map(), bytes: 0 }
  const wanted: EncodedPacket[] = []
  const keys: number[] = []
  for (const time of times) {
    const key = slack === undefined ? undefined : await nearKey(sink, origin + time, slack)
    const group = key
      ? { key, target: take(key, gathered, bytes) }
      : await gather(sink, reading, origin + time, gathered, bytes, from)
    wanted.push(group.target)
    keys.push(group.key.sequenceNumber)
  }
  const isWanted = new Set(wanted.map((packet) => packet.sequenceNumber))
  await leaveOut(gathered, isWanted, track, codec)
  const ranks = rank([...gathered.packets.values()])
  const shown = [...isWanted].toSorted((a, b) => (ranks.get(a) ?? 0) - (ranks.get(b) ?? 0))
  return {
    bytes: await write(track, codec, gathered.packets, (number) => {
      const milliseconds = (ranks.get(number) ?? 0) * STEP_MS + (isWanted.has(number) ? 1 : 0)
      return milliseconds / 1000
    }),
    frames: wanted.map((packet) => shown.indexOf(packet.sequenceNumber)),
    keys,
  }
}

/** Packets by sequence number: frames of one group share most of theirs. */
interface Gathered {
  readonly packets: Map<number, EncodedPacket>
  bytes: number
}

/** All packets from the key frame to that of `time`, in decode order. */
async function gather(
  sink: EncodedPacketSink,
  reading: Reading,
  time: number,
  gathered: Gathered,
  most: number,
  from: FormatName,
): Promise<{ readonly key: EncodedPacket; readonly target: EncodedPacket }> {
  // Its bytes come with those before it.
  const target = (await sink.getPacket(time, PLACE)) ?? (await sink.getFirstPacket(PLACE))
  if (!target) throw corrupt(from, 'it has no frames')
  if (reading.isIndexed) reading.expect(await bytesTo(sink, target))
  const key =
    (await sink.getKeyPacket(target.timestamp, VERIFIED)) ?? (await sink.getFirstKeyPacket(VERIFIED))
  if (!key) throw corrupt(from, 'it has no key frame')
  for await (const packet of packetsFrom(sink, key)) {
    take(packet, gathered, most)
    if (packet.sequenceNumber >= target.sequenceNumber) break
  }
  // A target before the first key frame cannot be decoded: the key frame is the first that can.
  return { key, target: gathered.packets.get(target.sequenceNumber) ?? key }
}

/** From the key frame to the end of `target` where both are known by their places alone, with what lies between; 0 where not. */
async function bytesTo(sink: EncodedPacketSink, target: EncodedPacket): Promise<number> {
  const key = await sink.getKeyPacket(target.timestamp, PLACE)
  let bytes = 0
  for await (const packet of key ? packetsFrom(sink, key, PLACE) : []) {
    bytes += packet.byteLength
    if (packet.sequenceNumber >= target.sequenceNumber) return bytes * BESIDE
  }
  return 0
}

function take(packet: EncodedPacket, gathered: Gathered, most: number): EncodedPacket {
  if (!gathered.packets.has(packet.sequenceNumber)) gathered.bytes += packet.byteLength
  gathered.packets.set(packet.sequenceNumber, packet)
  if (gathered.bytes > most) throw limitError('outputBytes', gathered.bytes, most)
  return packet
}

/** What nothing is decoded from takes its time and gives nothing: two of three frames, often. */
async function leaveOut(
  { packets }: Gathered,
  isWanted: ReadonlySet<number>,
  track: InputVideoTrack,
  codec: VideoCodec,
): Promise<void> {
  const dependence = dependenceReader(codec, await descriptionOf(track))
  if (!dependence) return
  const group = new Map([...packets].map(([number, { data }]) => [number, dependence(data)]))
  for (const number of disposable(group)) if (!isWanted.has(number)) packets.delete(number)
}

async function descriptionOf(track: InputVideoTrack): Promise<Uint8Array | undefined> {
  const description = (await track.getDecoderConfig())?.description
  if (!description) return undefined
  return ArrayBuffer.isView(description)
    ? new Uint8Array(description.buffer, description.byteOffset, description.byteLength)
    : new Uint8Array(description)
}

/** The key frame at or before `time`, else the last one within `slack` after it, where one lies near enough. Two looks at the index. */
async function nearKey(
  sink: EncodedPacketSink,
  time: number,
  slack: number,
): Promise<EncodedPacket | undefined> {
  const before = await sink.getKeyPacket(time, VERIFIED)
  if (before && time - before.timestamp <= slack + INSTANT) return before
  const after = Number.isFinite(slack)
    ? await sink.getKeyPacket(time + slack - INSTANT, VERIFIED)
    : await sink.getFirstKeyPacket(VERIFIED)
  return after && after.timestamp > time ? after : undefined
}

/** Place in the order of presentation, by sequence number. */
function rank(packets: readonly EncodedPacket[]): ReadonlyMap<number, number> {
  const shown = packets.toSorted((a, b) => a.timestamp - b.timestamp)
  return new Map(shown.map((packet, place) => [packet.sequenceNumber, place]))
}

async function write(
  track: InputVideoTrack,
  codec: VideoCodec,
  packets: ReadonlyMap<number, EncodedPacket>,
  timeOf: (sequenceNumber: number) => number,
): Promise<Uint8Array<ArrayBuffer>> {
  const target = new BufferTarget()
  const output = new Output({ format: new MkvOutputFormat({ appendOnly: true }), target })
  const source = new EncodedVideoPacketSource(codec)
  const decoderConfig = await track.getDecoderConfig()
  output.addVideoTrack(source, { canBeTransparent: await track.canBeTransparent() })
  await output.start()
  const inOrder = [...packets.values()].toSorted((a, b) => a.sequenceNumber - b.sequenceNumber)
  for (const packet of inOrder) {
    const times = { timestamp: timeOf(packet.sequenceNumber), duration: STEP_MS / 1000 }
    await source.add(packet.clone(times), decoderConfig ? { decoderConfig } : {})
  }
  source.close()
  await output.finalize()
  if (!target.buffer) throw new MediaError('INTERNAL', undefined, { cause: 'nothing was written' })
  return new Uint8Array(target.buffer)
}
