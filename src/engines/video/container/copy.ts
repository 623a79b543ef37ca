/** Packets from one container into another, as they are: nothing is decoded, and only what is copied is read. */
import {
  BufferTarget,
  EncodedAudioPacketSource,
  EncodedVideoPacketSource,
  FlacOutputFormat,
  MkvOutputFormat,
  MovOutputFormat,
  Mp3OutputFormat,
  Mp4OutputFormat,
  MpegTsOutputFormat,
  OggOutputFormat,
  Output,
  WavOutputFormat,
  WebMOutputFormat,
  type AudioCodec,
  type EncodedPacket,
  type Input,
  type InputAudioTrack,
  type InputVideoTrack,
  type OutputFormat,
  type VideoCodec,
} from 'mediabunny'
import { limitError, MediaError } from '../../../error.ts'
import type { FormatName } from '../../../media/format.ts'
import type { Span } from '../../../plan/timed/recipe.ts'
import { packetsWithin } from './packets.ts'

const fast = { fastStart: 'in-memory' } as const
const WRITERS: Readonly<Partial<Record<FormatName, () => OutputFormat>>> = {
  mp4: () => new Mp4OutputFormat(fast),
  m4a: () => new Mp4OutputFormat(fast),
  mov: () => new MovOutputFormat(fast),
  webm: () => new WebMOutputFormat(),
  mkv: () => new MkvOutputFormat(),
  ts: () => new MpegTsOutputFormat(),
  mp3: () => new Mp3OutputFormat(),
  ogg: () => new OggOutputFormat(),
  flac: () => new FlacOutputFormat(),
  wav: () => new WavOutputFormat(),
}

/** Whether a file of this format may hold packets of this codec. */
export function holds(format: FormatName, codec: string | null): boolean {
  const codecs: readonly string[] = WRITERS[format]?.().getSupportedCodecs() ?? []
  return codec !== null && codecs.includes(codec)
}

export interface CopyTask {
  readonly to: FormatName
  readonly span: Span
  readonly video?: InputVideoTrack
  readonly audio?: InputAudioTrack
  /** Most bytes of packets. */
  readonly bytes: number
}

/** One track on its way: where its packets come from, and where they go. */
interface Lane {
  readonly packets: AsyncGenerator<EncodedPacket, void, void>
  next: EncodedPacket | undefined
  add(packet: EncodedPacket): Promise<void>
  close(): void
}

/**
 * Formats that know times before zero start exactly at `span.start`, the frames before it are decoded and not shown; in others
 * the file starts with the key frame before.
 * @throws LIMIT_EXCEEDED, UNSUPPORTED_CODEC
 */
export async function copyTracks(input: Input, task: CopyTask): Promise<Uint8Array<ArrayBuffer>> {
  const target = new BufferTarget()
  const format = requireWriter(task.to)
  const output = new Output({ format, target })
  const origin = Math.max(0, await input.getFirstTimestamp())
  const { lanes, start } = await openLanes(output, task, origin)
  await output.start()
  let left = task.bytes
  for (let lane = earliest(lanes); lane?.next; lane = earliest(lanes)) {
    const { next } = lane
    left -= next.byteLength
    if (left < 0) throw limitError('outputBytes', task.bytes - left, task.bytes)
    await lane.add(next.clone({ timestamp: next.timestamp - start }))
    await advance(lane)
  }
  for (const lane of lanes) lane.close()
  await output.finalize()
  const { buffer } = target
  if (!buffer) throw new MediaError('INTERNAL', undefined, { cause: 'nothing was written' })
  return new Uint8Array(buffer)
}

function requireWriter(to: FormatName): OutputFormat {
  const make = WRITERS[to]
  if (!make) throw new MediaError('NOT_SUPPORTED_HERE', `Cannot write ${to}: no engine here does`)
  return make()
}

/** `start` is the time that becomes zero. */
async function openLanes(output: Output, task: CopyTask, origin: number) {
  const { start = 0, end } = task.span
  const until = end === undefined ? {} : { end: origin + end }
  const lanes: Lane[] = []
  let from = origin + start
  if (task.video) {
    const lane = await videoLane(output, task.video, { start: from, ...until })
    await advance(lane)
    // Where no time is before zero, the sound of the frames before is heard too.
    if (output.format.negativeTimestampSupport !== 'full') from = Math.min(from, lane.next?.timestamp ?? from)
    lanes.push(lane)
  }
  if (task.audio) {
    const lane = await audioLane(output, task.audio, { start: from, ...until })
    await advance(lane)
    if (output.format.negativeTimestampSupport !== 'full') from = Math.min(from, lane.next?.timestamp ?? from)
    lanes.push(lane)
  }
  return { lanes, start: from }
}

async function videoLane(output: Output, track: InputVideoTrack, span: Span): Promise<Lane> {
  const source = new EncodedVideoPacketSource((await track.getCodec()) as VideoCodec)
  const decoderConfig = (await track.getDecoderConfig()) ?? undefined
  const language = await track.getLanguageCode()
  output.addVideoTrack(source, {
    languageCode: language,
    ...(output.format.supportsVideoTransformationMetadata
      ? { transformationMatrix: await track.getTransformationMatrix() }
      : {}),
    canBeTransparent: await track.canBeTransparent(),
  })
  const meta = decoderConfig ? { decoderConfig } : {}
  return {
    packets: packetsWithin(track, span),
    next: undefined,
    add: (packet) => source.add(packet, meta),
    close: () => source.close(),
  }
}

async function audioLane(output: Output, track: InputAudioTrack, span: Span): Promise<Lane> {
  const source = new EncodedAudioPacketSource((await track.getCodec()) as AudioCodec)
  const decoderConfig = (await track.getDecoderConfig()) ?? undefined
  output.addAudioTrack(source, { languageCode: await track.getLanguageCode() })
  const meta = decoderConfig ? { decoderConfig } : {}
  return {
    packets: packetsWithin(track, span),
    next: undefined,
    add: (packet) => source.add(packet, meta),
    close: () => source.close(),
  }
}

async function advance(lane: Lane): Promise<void> {
  const { value } = await lane.packets.next()
  lane.next = value ?? undefined
}

/** What is decoded first is written first, so that a player finds sound beside its pictures. */
function earliest(lanes: readonly Lane[]): Lane | undefined {
  const open = lanes.filter((lane) => lane.next)
  return open.reduce<Lane | undefined>(
    (one, other) => (one?.next && other.next && one.next.timestamp <= other.next.timestamp ? one : other),
    undefined,
  )
}
