/**
 * Two hundred at once, of every kind that video and sound have, of whom some leave and some ask for what is damaged: whoever
 * stays has the right answer or is told to come back, and nothing is left behind. On a service of its own.
 */
import { mkdirSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askRaw, type RawAnswer } from '../../scripts/stage/raw-client.ts'
import { sleep, startService, type Service } from '../../scripts/stage/service.ts'
import { createWorkspace, type Workspace } from '../../scripts/stage/workspace.ts'
import { build, commandOf } from '../runtimes/commands.ts'
import { createRandom, type Random } from '../support/mutate.ts'
import { FFMPEG, hasFfmpeg, makeVideo } from '../support/videos.ts'

/** At once, on each: how many warm it up, and how many are then looked at. */
const STAGES = [
  ['node', 'ffmpeg-native', { wasm: false }, [20, 200]],
  ['node', 'ffmpeg-wasm', { native: 'off' }, [40, 200]],
  ['bun', 'ffmpeg-native', { wasm: false }, [10, 30]],
] as const
/** One of so many leaves before it has its answer. */
const LEAVES = 3
const LEAVES_WITHIN_MS = 2000
/** Runs of an ffmpeg, for each transformation that may be at work. */
const RUNS = 2
const MIB = 1_048_576
/** Files that a runtime opens when it first needs them. */
const MORE_FILES = 8
const MORE_BYTES = 160 * MIB

/** What is asked, and the status of its answer. */
const KINDS: readonly (readonly [path: string, status: number])[] = [
  ['a.mp4?mode=frame&time=1.3&format=png&width=48', 200],
  ['a.mkv?mode=frame&time=auto&format=webp', 200],
  ['a.mp4?time=0.5&duration=1&format=mp4', 200],
  ['a.mkv?width=48&duration=1&format=mp4', 200],
  ['a.mp4?mode=spritesheet&imageCount=4&width=24&format=png', 200],
  ['a.mp4?mode=storyboard&imageCount=4', 200],
  ['a.mp4?format=m4a', 200],
  ['a.mkv?format=mp3&duration=1', 200],
  ['a.ogg?mode=audio&duration=1', 200],
  ['a.mp4?mode=waveform', 200],
  ['a.mp4?format=gif&width=32&duration=1', 200],
  ['a.mp4?format=json', 200],
  ['a.avi?mode=frame&time=0.5&format=png', 200],
  ['a.avi?width=48&duration=0.5', 200],
  ['a.avi?format=json', 200],
  ['damaged.mp4?mode=frame&time=1&format=png', 422],
  ['damaged.mp4?width=48', 422],
  ['cut.mp4?mode=frame', 422],
  ['cut.avi?mode=frame&format=png', 422],
  ['text.mp4?mode=frame', 415],
]

interface Tally {
  right: number
  busy: number
  left: number
  readonly faults: string[]
}

/** Of an error all but the name of the request. */
function told({ status, body }: RawAnswer): string {
  if (status === 200) return Buffer.from(body).toString('base64')
  return (JSON.parse(Buffer.from(body).toString()) as { error: { code: string } }).error.code
}

describe.runIf(hasFfmpeg())(`with ${FFMPEG}`, () => {
  const files: Record<string, Uint8Array> = {}
  beforeAll(() => {
    build()
    const mp4 = makeVideo({ as: 'mp4' })
    const avi = makeVideo({ as: 'avi', codecs: ['-c:v', 'mpeg4', '-c:a', 'libmp3lame'], seconds: 1 })
    const damaged = Uint8Array.from(mp4)
    const data = Buffer.from(damaged).indexOf('mdat')
    damaged.fill(0xff, data + 8)
    Object.assign(files, {
      'a.mp4': mp4,
      'a.mkv': makeVideo({ as: 'mkv' }),
      'a.avi': avi,
      'a.ogg': makeVideo({ as: 'ogg', codecs: ['-vn', '-c:a', 'libopus'] }),
      'damaged.mp4': damaged,
      'cut.mp4': mp4.subarray(0, data + 100),
      'cut.avi': avi.subarray(0, 2000),
      'text.mp4': new TextEncoder().encode('No film is in here.\n'.repeat(100)),
    })
  })

  describe.each(STAGES)('on %s, by %s', (runtime, tier, ffmpeg, [few, many]) => {
    let workspace: Workspace
    let service: Service
    let temporary: string
    const wanted = new Map<string, string>()

    beforeAll(async () => {
      workspace = await createWorkspace(files, { document: { ffmpeg, inline: { seconds: 600 } } })
      temporary = join(workspace.folder, 'temporary')
      mkdirSync(temporary)
      service = await startService({
        command: commandOf(runtime),
        env: { ...workspace.env, TMPDIR: temporary },
      })
    })
    afterAll(async () => {
      await service?.kill()
      await workspace?.remove()
    })

    const ask = (target: string, leaveAfterMs?: number) => {
      const leaving = leaveAfterMs === undefined ? {} : { leaveAfterMs }
      return askRaw(Number(new URL(service.url).port), { target, ...leaving })
    }

    async function client(n: number, from: number, random: Random, tally: Tally): Promise<void> {
      const [path] = KINDS[random(KINDS.length)] ?? ['']
      const leaves = random(LEAVES) === 0 ? random(LEAVES_WITHIN_MS) : undefined
      try {
        const answer = await ask(`/files/~${from + n}/${path}`, leaves)
        if (!answer) tally.left++
        else if (answer.status === 503 && answer.headers.has('retry-after')) tally.busy++
        else if (told(answer) === wanted.get(path)) tally.right++
        else tally.faults.push(`${path}: ${answer.status} ${told(answer).slice(0, 40)}`)
      } catch (error) {
        tally.faults.push(`${path}: ${String(error)}`)
      }
    }

    async function wave(from: number, clients: number): Promise<Tally> {
      const random = createRandom(from)
      const tally: Tally = { right: 0, busy: 0, left: 0, faults: [] }
      await Promise.all(Array.from({ length: clients }, (_, n) => client(n, from, random, tally)))
      return tally
    }

    const remains = async () => ({
      processes: (await service.processes()).filter((name) => name === 'ffmpeg').length,
      folders: readdirSync(temporary).filter((name) => name.startsWith('mediamorph-')).length,
    })

    /** Work whose client has left may take a moment to hear of it. */
    async function settled(): Promise<void> {
      const idle = { processes: 0, folders: 0 }
      for (let n = 0; n < 100; n++) {
        const { processes, folders } = await remains()
        if (processes + folders === 0) break
        await sleep(50)
      }
      expect(await remains()).toEqual(idle)
    }

    test('each by itself is right', async () => {
      for (const [path, status] of KINDS) {
        const answer = await ask(`/files/~0/${path}`)
        expect([path, answer?.status]).toEqual([path, status])
        if (answer) wanted.set(path, told(answer))
        const made = answer?.headers.get('x-transform-source')
        if (status === 200) expect([path, ['container', tier].includes(made ?? '')]).toEqual([path, true])
      }
    })

    /** The most ffmpegs that ever were seen at once, until it is called. */
    function watch(): () => number {
      let most = 0
      const look = async () => {
        const names = await service.processes()
        most = Math.max(most, names.filter((name) => name === 'ffmpeg').length)
      }
      const clock = setInterval(() => void look(), 50)
      return () => (clearInterval(clock), most)
    }

    test(`${many} at once are, too, and leave nothing behind`, async () => {
      const first = await wave(1000, few)
      await settled()
      const before = { files: await service.openFiles(), bytes: await service.memory() }
      const most = watch()
      const second = await wave(2000, many)
      expect(most()).toBeLessThanOrEqual(RUNS * availableParallelism())
      await settled()
      expect([...first.faults, ...second.faults]).toEqual([])
      const { right, busy, left } = second
      expect(right + busy + left).toBe(many)
      expect(right).toBeGreaterThan(many / 2)
      expect(left).toBeGreaterThan(many / LEAVES / 4)
      expect(await service.openFiles()).toBeLessThanOrEqual(before.files + MORE_FILES)
      expect(await service.memory()).toBeLessThan(before.bytes + MORE_BYTES)
      for (const [path] of KINDS) {
        const answer = await ask(`/files/~1/${path}`)
        expect([path, answer && told(answer) === wanted.get(path)]).toEqual([path, true])
      }
    }, 120_000)
  })
})
