/** The ladder: one plain MP4 for each rung that an engine here can make, one after the other, all cut at the same key frames. */
import { chooseEngine } from '../../engines/choose.ts'
import { isMediaError, MediaError } from '../../error.ts'
import type { AudioTrack, MediaInfo, TimedInfo, VideoTrack } from '../../media/info.ts'
import { expenseOf } from '../../plan/expense.ts'
import { askedInstead, planOf, type Plan } from '../../plan/plan.ts'
import { createClock, type TellPart } from '../pace.ts'
import { keyOf, makeFile, withPrepared, type Bench, type MadeFile } from './bench.ts'
import { ladderOf, type Rung } from './ladder.ts'
import { during } from './stage-error.ts'
import type { PlannedPiece } from './task.ts'

interface VideoResult extends MadeFile {
  readonly id: string
  readonly codec: string
  /** Bits a second, sound included. */
  readonly bitrate: number | null
  readonly audio_track_ids: readonly string[]
}

interface AudioResult {
  readonly id: string
  readonly role: 'main'
  readonly language: string
  readonly codec: 'aac'
  readonly channels: number
}

export interface TranscodeResults {
  readonly streaming: null
  readonly encryption: null
  readonly video_tracks: readonly VideoResult[]
  /** In each of the files. */
  readonly audio_tracks: readonly AudioResult[]
  readonly skipped: readonly { readonly id: string; readonly reason: string }[]
  readonly uploaded_keys: readonly string[]
}

export interface TranscodeHears {
  /** Told of the part that is done, and of the seconds that are left, as far as anybody can tell. */
  readonly onPart: TellPart
  /** Told of what is there whenever that is more. */
  onTrack(results: TranscodeResults): Promise<void>
}

/** A rung that can be made. */
interface Step {
  readonly rung: Rung
  readonly plan: Plan
  /** Seconds, roughly. */
  readonly expense: number
}

/** @param before what an earlier try left: those that are there are not made again. @throws NOT_SUPPORTED_HERE when no rung remains */
export async function transcode(
  piece: PlannedPiece,
  before: Partial<TranscodeResults> | undefined,
  bench: Bench,
  { onPart, onTrack }: TranscodeHears,
): Promise<TranscodeResults> {
  const { steps, skipped, info } = await during('prepare_failed', () => stepsOf(planOf(piece.plan), bench))
  const sound = soundOf(info)
  const made = await stillThere(before, piece, bench)
  const results = (): TranscodeResults => ({
    streaming: null,
    encryption: null,
    video_tracks: steps.flatMap(({ rung }) => made.get(rung.id) ?? []),
    audio_tracks: sound ? [sound] : [],
    skipped,
    uploaded_keys: steps.flatMap(({ rung }) => made.get(rung.id)?.key ?? []),
  })
  const left = steps.filter(({ rung }) => !made.has(rung.id))
  const pace = createSteps(left, bench.services.now, onPart)
  for (const step of left) {
    const { id, codec } = step.rung
    const name = `${piece.name}/${id}.mp4`
    const hears = { onPart: (part: number) => pace.at(step, part) }
    const file = await makeFile(step.plan, { ...piece, name }, 'transcode_failed', bench, hears)
    const bitrate = info.duration ? Math.round((file.size * 8) / info.duration) : null
    made.set(id, { id, codec, bitrate, audio_track_ids: sound ? [sound.id] : [], ...file })
    pace.done(step)
    await onTrack(results())
  }
  return results()
}

async function stepsOf(base: Plan, bench: Bench) {
  const { services } = bench
  return withPrepared(base, bench, 'prepare_failed', async ({ info }) => {
    const video = requireVideo(info)
    const steps: Step[] = []
    const skipped: { id: string; reason: string }[] = []
    let lack: MediaError | undefined
    for (const rung of ladderOf(video)) {
      const plan = askedInstead(base, rung.ask)
      const recipe = services.resolve(plan, info)
      try {
        await chooseEngine(services.engines, recipe, info)
        steps.push({ rung, plan, expense: expenseOf(recipe, info).seconds })
      } catch (error) {
        if (!isMediaError(error) || error.code !== 'NOT_SUPPORTED_HERE') throw error
        lack ??= error
        skipped.push({ id: rung.id, reason: error.message })
      }
    }
    if (steps.length === 0) throw lack ?? new MediaError('NOT_SUPPORTED_HERE')
    return { steps, skipped, info: info as TimedInfo }
  })
}

function requireVideo(info: MediaInfo): VideoTrack {
  if (info.class !== 'image' && info.video) return info.video
  throw new MediaError('UNSUPPORTED_MEDIA', `A ladder is made of videos, not of ${info.class}s`)
}

function soundOf({ audio }: TimedInfo): AudioResult | undefined {
  const [track]: readonly AudioTrack[] = audio ?? []
  if (!track) return undefined
  const { language } = track
  const channels = Math.max(1, Math.min(2, track.channels))
  return { id: `${language}_aac_${channels}ch`, role: 'main', language, codec: 'aac', channels }
}

/** Of the same original, and as they were made. */
async function stillThere(
  before: Partial<TranscodeResults> | undefined,
  piece: PlannedPiece,
  { hash, artifacts }: Bench,
): Promise<Map<string, VideoResult>> {
  const folder = keyOf(hash, { ...piece, name: `${piece.name}/` })
  const found = new Map<string, VideoResult>()
  for (const track of before?.video_tracks ?? [])
    if (track.key.startsWith(folder) && (await artifacts.areThere([track]))) found.set(track.id, track)
  return found
}

/** How far the whole is, by what each step is expected to take of it. */
function createSteps(steps: readonly Step[], now: () => number, onPart: TranscodeHears['onPart']) {
  const all = steps.reduce((sum, { expense }) => sum + expense, 0)
  const clock = createClock(now, onPart)
  let behind = 0
  return {
    at: ({ expense }: Step, part: number) => clock(all > 0 ? (behind + expense * part) / all : 0),
    done({ expense }: Step) {
      behind += expense
      clock(all > 0 ? behind / all : 1)
    },
  }
}
