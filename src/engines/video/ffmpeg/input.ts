/** How an ffmpeg reads what it is given: a stream of packets, or a whole file. */
import type { VideoTrack } from '../../../media/info.ts'
import type { Feed } from '../container/feed.ts'
import { guards } from './guards.ts'

/** Times are seconds on the clock of what it reads. */
export interface Input extends Pick<Feed, 'start' | 'shown' | 'end'> {
  /** Options up to `-i` and its file. */
  readonly read: readonly string[]
  /** Its pictures. */
  readonly video: string
  /** Which of its sounds is meant, from 0; absent: the only one. */
  readonly sound?: number
}

/** @param decoder of its pictures */
export function feedInput(
  { start, shown, end }: Omit<Feed, 'stream' | 'done'>,
  video?: VideoTrack,
  decoder?: string,
): Input {
  const named = decoder === undefined ? [] : ['-c:v', decoder]
  return {
    read: [
      '-copyts',
      '-noautorotate',
      '-f',
      'matroska',
      ...guards('matroska', video),
      ...named,
      '-i',
      'pipe:0',
    ],
    video: '0:v:0',
    start,
    ...(shown === undefined ? {} : { shown }),
    ...(end === undefined ? {} : { end }),
  }
}
