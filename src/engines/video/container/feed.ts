/** A part of a file as a stream for an ffmpeg: whole packets, read from the source as they are wanted. */
import {
  EncodedPacketSink,
  MkvOutputFormat,
  Output,
  StreamTarget,
  type Input,
  type InputAudioTrack,
  type InputVideoTrack,
  type StreamTargetChunk,
} from 'mediabunny'
import { MediaError } from '../../../error.ts'
import type { Span } from '../../../plan/timed/recipe.ts'
import { expectSpan, type Reading } from './open.ts'
import { advance, audioLane, earliest, videoLane, type Lane } from './lanes.ts'

export interface FeedTask {
  readonly span: Span
  readonly video?: InputVideoTrack
  readonly audio?: InputAudioTrack
}

/** Times are seconds on the stream's own clock. */
export interface Feed {
  /** Matroska: of fragmented MP4 an ffmpeg takes frames that are shown before they are decoded for late ones. */
  readonly stream: ReadableStream<Uint8Array>
  /** Where the wanted part begins. */
  readonly start: number
  /** When the picture that stands at `start` was first shown. */
  readonly shown?: number
  /** Absent: all that follows is wanted. */
  readonly end?: number
  /** Rejects with what broke the stream off. To be awaited once its reader is done. */
  readonly done: Promise<void>
}

const PLACE = { metadataOnly: true } as const
/** Before the first packet: some are decoded before the time zero of their own. */
const LEAD = 1
/** Sound that is decoded and not heard, so that what follows begins clean. */
const WARM_UP = 0.15

/** @throws UNSUPPORTED_CODEC, CORRUPT_MEDIA, and what the source throws */
export async function openFeed(
  input: Input,
  reading: Reading,
  { span, video, audio }: FeedTask,
): Promise<Feed> {
  const origin = Math.max(0, await input.getFirstTimestamp())
  const from = origin + (span.start ?? 0)
  const until = span.end === undefined ? {} : { end: origin + span.end }
  await requireCodecs([video, audio])
  if (video) await expectSpan(input, reading, span)
  const pipe = createPipe()
  const format = new MkvOutputFormat({ appendOnly: true })
  const output = new Output({ format, target: new StreamTarget(pipe.stream.writable) })
  const lanes: Lane[] = []
  if (video) lanes.push(await videoLane(output, video, { start: from, ...until }))
  if (audio) lanes.push(await audioLane(output, audio, { start: from - WARM_UP, ...until }))
  for (const lane of lanes) await advance(lane)
  const zero = Math.min(...lanes.map((lane) => lane.next?.timestamp ?? Infinity), from) - LEAD
  const shown = video && span.start ? await shownAt(video, from) : undefined
  return {
    stream: pipe.stream.readable,
    start: from - zero,
    ...(shown === undefined ? {} : { shown: shown - zero }),
    ...(until.end === undefined ? {} : { end: until.end - zero }),
    done: pump(output, lanes, zero).catch((error: unknown) => pipe.fail(error)),
  }
}

/** What it is fed with may fail: its reader is then told, and does not wait. */
function createPipe() {
  let controller: TransformStreamDefaultController<Uint8Array> | undefined
  const stream = new TransformStream<StreamTargetChunk, Uint8Array>({
    start: (given) => void (controller = given),
    transform: ({ data }, given) => given.enqueue(data),
  })
  const fail = (error: unknown): never => {
    controller?.error(error)
    throw error
  }
  return { stream, fail }
}

async function requireCodecs(
  tracks: readonly (InputVideoTrack | InputAudioTrack | undefined)[],
): Promise<void> {
  for (const track of tracks)
    if (track && (await track.getCodec()) === null) throw new MediaError('UNSUPPORTED_CODEC')
}

/** When the frame of a time begins. */
async function shownAt(track: InputVideoTrack, time: number): Promise<number | undefined> {
  const sink = new EncodedPacketSink(track)
  return ((await sink.getPacket(time, PLACE)) ?? (await sink.getFirstPacket(PLACE)))?.timestamp
}

/** Waits where the reader does. */
async function pump(output: Output, lanes: readonly Lane[], zero: number): Promise<void> {
  await output.start()
  for (let lane = earliest(lanes); lane?.next; lane = earliest(lanes)) {
    const { next } = lane
    await lane.add(next.clone({ timestamp: next.timestamp - zero }))
    await advance(lane)
  }
  for (const lane of lanes) lane.close()
  await output.finalize()
}
