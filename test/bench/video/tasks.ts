/** What is asked of us and of an ffmpeg that is given the same address. */

export interface VideoTask {
  readonly name: string
  /** What is asked for, in the round `n`. */
  ours(n: number): string
  /** Options before and after the input, and the name of the result. */
  theirs(n: number): { readonly before?: string[]; readonly after: string[]; readonly as: string }
  readonly file: typeof LONG | typeof SHORT
  /** Most of its time that we may take. */
  readonly target: number
  /** Most that may be read, in MB. */
  readonly reads?: number
  readonly program?: 'ffprobe'
}

export const LONG = 'long.mp4'
export const SHORT = 'short.mp4'

/** What we choose where nothing is said (docs/decisions/video.md). */
const X264 = ['-c:v', 'libx264', '-preset', 'faster', '-profile:v', 'high', '-crf', '23']
const VP9 = [
  '-c:v',
  'libvpx-vp9',
  '-deadline',
  'good',
  '-cpu-used',
  '4',
  '-row-mt',
  '1',
  '-crf',
  '33',
  '-b:v',
  '0',
]

/** Somewhere in 210 seconds. */
const moment = (n: number) => (31.7 + ((n * 13.37) % 150)).toFixed(2)

export const VIDEO_TASKS: readonly VideoTask[] = [
  {
    name: 'frame at t, 640 JPEG',
    file: LONG,
    ours: (n) => `mode=frame&time=${moment(n)}&width=640&format=jpeg`,
    theirs: (n) => ({
      before: ['-ss', moment(n)],
      after: ['-frames:v', '1', '-vf', 'scale=640:-2', '-q:v', '3'],
      as: 'jpg',
    }),
    target: 0.7,
  },
  {
    name: '10 s by copy, MP4',
    file: LONG,
    ours: (n) => `mode=video&time=${moment(n)}&duration=10`,
    theirs: (n) => ({
      before: ['-ss', moment(n)],
      after: ['-t', '10', '-c', 'copy', '-movflags', '+faststart'],
      as: 'mp4',
    }),
    target: 0.5,
  },
  {
    name: 'facts, a placeholder with them',
    file: LONG,
    ours: () => 'format=json',
    theirs: () => ({ after: ['-show_streams', '-show_format', '-of', 'json'], as: 'json' }),
    program: 'ffprobe',
    target: 1,
    reads: 0.2,
  },
  {
    name: 'the whole sound by copy, M4A',
    file: LONG,
    ours: () => 'mode=audio&format=m4a',
    theirs: () => ({ after: ['-vn', '-c:a', 'copy', '-movflags', '+faststart'], as: 'm4a' }),
    target: 1,
  },
  {
    name: 'sheet of 5 x 5 of 30 s',
    file: SHORT,
    ours: () => 'mode=spritesheet&imageCount=25&columns=5&width=160&height=90&format=jpeg',
    theirs: () => ({
      after: ['-vf', 'fps=25/30,scale=160:90,tile=5x5', '-frames:v', '1', '-q:v', '3'],
      as: 'jpg',
    }),
    target: 1,
  },
  {
    name: '10 s to 640 H.264',
    file: LONG,
    ours: (n) => `mode=video&time=${moment(n)}&duration=10&width=640`,
    theirs: (n) => ({
      before: ['-ss', moment(n)],
      after: [
        '-t',
        '10',
        '-vf',
        'scale=640:-2',
        ...X264,
        '-c:a',
        'aac',
        '-b:a',
        '128k',
        '-movflags',
        '+faststart',
      ],
      as: 'mp4',
    }),
    target: 1.05,
  },
  {
    name: '30 s to 320 VP9',
    file: SHORT,
    ours: () => 'format=vp9&width=320&fps=10',
    theirs: () => ({
      after: ['-vf', 'fps=10,scale=320:-2', ...VP9, '-c:a', 'libopus', '-b:a', '96k'],
      as: 'webm',
    }),
    target: 1.05,
  },
]
