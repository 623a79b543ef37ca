/** The originals: long enough that nobody would read them whole for a picture, with their index at the end. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { LONG, SHORT } from './tasks.ts'

const SECONDS = 30
const RATE = 30

/** 30 s of 1080p H.264 and AAC, a key frame every 2 s; and seven times that, more than 100 MB. */
export function makeFiles(folder: string): void {
  const made = join(folder, 'made.mp4')
  const picture = `testsrc2=size=1920x1080:rate=${RATE}:duration=${SECONDS},noise=alls=12:allf=t,format=yuv420p`
  const sound = `sine=frequency=440:duration=${SECONDS}`
  const coded = ['-c:v', 'libx264', '-preset', 'ultrafast', '-b:v', '5M', '-g', String(2 * RATE), '-bf', '2']
  run([
    '-f',
    'lavfi',
    '-i',
    picture,
    '-f',
    'lavfi',
    '-i',
    sound,
    ...coded,
    '-c:a',
    'aac',
    '-b:a',
    '128k',
    made,
  ])
  run(['-i', made, '-c', 'copy', join(folder, SHORT)])
  run(['-stream_loop', '6', '-i', made, '-c', 'copy', join(folder, LONG)])
}

const run = (args: readonly string[]) => execFileSync('ffmpeg', ['-v', 'error', '-y', ...args])
