/** Packets from one container into another, as they are: nothing is decoded, and only what is copied is read. */
import {
  BufferTarget,
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
  type Input,
  type InputAudioTrack,
  type InputVideoTrack,
  type OutputFormat,
} from 'mediabunny'
import { limitError, MediaError } from '../../../error.ts'
import type { FormatName } from '../../../media/format.ts'
import type { Span } from '../../../plan/timed/recipe.ts'
import { expectSpan, type Reading } from './open.ts'
import { advance, audioLane, earliest, videoLane, type Lane } from './lanes.ts'
import { makeSteady } from './steady.ts'

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

export interface CopyTask {
  readonly to: FormatName
  readonly span: Span
  readonly video?: InputVideoTrack
  readonly audio?: InputAudioTrack
  /** Most bytes of packets. */
  readonly bytes: number
}

/**
 * Formats that know times before zero start exactly at `span.start`, the frames before it are decoded and not shown; in others
 * the file starts with the key frame before.
 * @throws LIMIT_EXCEEDED, UNSUPPORTED_CODEC
 */
export async function copyTracks(
  input: Input,
  reading: Reading,
  task: CopyTask,
): Promise<Uint8Array<ArrayBuffer>> {
  const target = new BufferTarget()
  const format = requireWriter(task.to)
  const output = new Output({ format, target })
  makeSteady(output)
  const origin = Math.max(0, await input.getFirstTimestamp())
  // Of sound beside pictures as little is read as may be.
  if (task.video || !(await input.getPrimaryVideoTrack())) await expectSpan(input, reading, task.span)
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
