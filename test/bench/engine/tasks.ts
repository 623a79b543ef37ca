/** What the engine is asked for, and sharp likewise: the table of targets as data. */
import type { FormatName } from '../../../src/media/format.ts'
import type { ImageRecipe } from '../../../src/plan/recipe.ts'
import { SIZES, type InputName } from './sizes.ts'

export interface EngineTask {
  readonly name: string
  readonly input: InputName
  readonly to: 'jpeg' | 'webp' | 'png' | 'avif' | 'gif'
  readonly width: number
  /** At most so many times sharp's time. */
  readonly target?: number
  /** And no larger a file than sharp's. */
  readonly noLarger?: true
  /** Megabytes at most, the original included. */
  readonly memory?: number
  readonly quality?: number
  readonly animated?: true
  /** More of sharp's options. */
  readonly rival?: Readonly<Record<string, unknown>>
  /** sharp's quality is the one that gives our SSIM; otherwise the same number. */
  readonly isMatched?: true
}

type More = Omit<EngineTask, 'name' | 'input' | 'to' | 'width'>
const task = (
  name: string,
  input: InputName,
  to: EngineTask['to'],
  width: number,
  more: More = {},
): EngineTask => ({
  name: `${name} to ${width} ${to === 'jpeg' ? 'JPEG' : to === 'webp' ? 'WebP' : to.toUpperCase()}`,
  input,
  to,
  width,
  ...(to === 'jpeg' || to === 'webp' ? { quality: 80 } : {}),
  ...more,
})

/** 30 frames, at their own size. */
const moving = (name: string, input: InputName, to: 'gif' | 'webp', target: number): EngineTask => ({
  ...task(name, input, to, SIZES[input][0], { target, animated: true }),
})

export const TASKS: readonly EngineTask[] = [
  task('6 MP JPEG', '6mp.jpg', 'jpeg', 320, { target: 0.6 }),
  task('6 MP JPEG', '6mp.jpg', 'jpeg', 720, { target: 0.6 }),
  task('6 MP JPEG', '6mp.jpg', 'jpeg', 1280, { target: 0.6 }),
  task('12 MP JPEG', '12mp.jpg', 'jpeg', 320, { target: 0.6 }),
  task('12 MP JPEG', '12mp.jpg', 'jpeg', 720, { target: 0.6, memory: 16 }),
  task('12 MP JPEG', '12mp.jpg', 'jpeg', 1280, { target: 0.6 }),
  task('12 MP progressive JPEG', '12mp-progressive.jpg', 'jpeg', 720, { target: 0.6, memory: 16 }),
  task('12 MP progressive JPEG', '12mp-progressive.jpg', 'jpeg', 320, { target: 0.1 }),
  task('6 MP JPEG', '6mp.jpg', 'webp', 320, { target: 0.7 }),
  task('6 MP JPEG', '6mp.jpg', 'webp', 720, { target: 0.7 }),
  task('6 MP JPEG', '6mp.jpg', 'webp', 1280, { target: 0.7 }),
  task('12 MP JPEG', '12mp.jpg', 'webp', 320, { target: 0.7 }),
  task('12 MP JPEG', '12mp.jpg', 'webp', 720, { target: 0.7 }),
  task('12 MP JPEG', '12mp.jpg', 'webp', 1280, { target: 0.7 }),
  task('6 MP WebP', '6mp.webp', 'jpeg', 720, { target: 0.8 }),
  task('6 MP WebP', '6mp.webp', 'webp', 720, { target: 0.7 }),
  task('PNG with alpha (bubbles)', 'bubbles.png', 'png', 720, { target: 0.5 }),
  task('PNG with alpha (bubbles)', 'bubbles.png', 'webp', 720, { target: 0.75 }),
  task('PNG with alpha (scene)', 'faded.png', 'png', 720, { target: 0.5 }),
  task('PNG with alpha (scene)', 'faded.png', 'webp', 720, { target: 0.75 }),
  task('opaque PNG', 'opaque.png', 'png', 720, { target: 0.9, noLarger: true }),
  task('opaque PNG, sharp filtering rows too,', 'opaque.png', 'png', 720, {
    rival: { adaptiveFiltering: true },
  }),
  task('6 MP AVIF', '6mp.avif', 'jpeg', 720, { target: 0.9 }),
  task('6 MP JPEG, sharp at effort 0,', '6mp.jpg', 'avif', 720, {
    quality: 50,
    rival: { effort: 0 },
    isMatched: true,
    target: 1.2,
  }),
  moving('GIF in which all moves', 'pan.gif', 'gif', 0.1),
  moving('GIF with a still background', 'still.gif', 'gif', 0.1),
  moving('GIF in which all moves', 'pan.gif', 'webp', 0.7),
  moving('GIF with a still background', 'still.gif', 'webp', 0.7),
  task('12 MP PNG', '12mp.png', 'jpeg', 720, { memory: 16 }),
  task('48 MP JPEG', '48mp.jpg', 'jpeg', 720, { memory: 28 }),
  task('100 MP JPEG', '100mp.jpg', 'jpeg', 720, { memory: 48 }),
]

/** What the planner makes of `?width=`. */
export function recipeOf({ input, to, width, quality, animated }: EngineTask): ImageRecipe {
  const [across, down] = SIZES[input]
  const height = Math.round((width * down) / across)
  return {
    kind: 'image',
    from: formatOf(input),
    orient: 1,
    to,
    width,
    height,
    ...(width === across ? {} : { resize: { width, height } }),
    ...(quality === undefined ? {} : { quality }),
    ...(animated ? { animated } : {}),
  }
}

function formatOf(input: InputName): FormatName {
  const ending = input.slice(input.lastIndexOf('.') + 1)
  return ending === 'jpg' ? 'jpeg' : (ending as FormatName)
}
