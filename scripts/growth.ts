/**
 * Thousands of pictures of every input and output format in one engine, damaged ones and ones that are stopped among
 * them: when the last thousand are made, memory is no higher than it was when the first thousand were.
 * `bun scripts/growth.ts`, or `deno run -A scripts/growth.ts`; `GROWTH_PICTURES` (5000).
 */
import { readFile } from 'node:fs/promises'
import sharp, { type Sharp } from 'sharp'
import { createImageWorker } from '../src/engines/image/image-task.ts'
import { Stopped } from '../src/engines/image/slot.ts'
import { isMediaError } from '../src/error.ts'
import type { FormatName } from '../src/media/format.ts'
import { readWholeInfo } from '../src/media/read-info.ts'
import type { Ask } from '../src/plan/plan.ts'
import { resolve } from '../src/plan/resolve.ts'
import { photograph } from './stage/media.ts'
import { ROOT } from './stage/service.ts'
import { recipeOfPicture } from '../test/support/recipes.ts'

const PICTURES = Number(process.env['GROWTH_PICTURES'] ?? 5000)
const PART = Math.floor(PICTURES / 5)
/** Pages of the allocator and of code that is compiled late come and go. */
const SLACK = { resident: 48 * 1_048_576, wasm: 1_048_576 }
const LIMITS = { pixels: 1e8, frames: 1000, outputSide: 8192, outputPixels: 64e6, avifPixels: 2e6 }

/** Every size of a side is asked for sooner or later; most are small, as previews are. */
const ASKS: readonly Ask[] = [
  { width: 96, format: 'jpeg' },
  { width: 120, format: 'png' },
  { width: 160, format: 'webp' },
  { width: 48, format: 'avif' },
  { width: 96, format: 'gif' },
  { format: 'json' },
  { width: 200, height: 100, fit: 'cover', gravity: 'auto', format: 'jpeg' },
  { width: 110, quality: 'lossless', format: 'webp' },
  { width: 96, maxBytes: 4000, format: 'webp' },
  { width: 130, effects: { blur: 2, brightness: 1.1 }, format: 'png' },
  { width: 90, trim: 10, format: 'jpeg' },
  { width: 240, progressive: true, format: 'jpeg' },
]
/** In a hundred. */
const DAMAGED = 7
const STOPPED = 13
const LARGE = 50

interface File {
  readonly from: FormatName
  readonly bytes: Uint8Array
}

/** Live memories, so that what is kept between pictures can be told from garbage. */
const memories: WeakRef<WebAssembly.Memory>[] = []
const Instance = WebAssembly.Instance
WebAssembly.Instance = class extends Instance {
  constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
    super(module, imports)
    for (const one of Object.values(this.exports))
      if (one instanceof WebAssembly.Memory) memories.push(new WeakRef(one))
  }
}

let ticksLeft = Infinity
const modules = new Map<string, WebAssembly.Module>()
const run = createImageWorker({
  tick() {
    if (ticksLeft-- <= 0) throw new Stopped()
  },
  async loadWasm(name) {
    const known = modules.get(name)
    if (known) return known
    const { modules: list } = JSON.parse(await readFile(`${ROOT}wasm/manifest.json`, 'utf8')) as {
      modules: { name: string; file: string }[]
    }
    const { file } = list.find((one) => one.name === name)!
    const module = await WebAssembly.compile(await readFile(`${ROOT}wasm/${file}`))
    modules.set(name, module)
    return module
  },
})

async function filesOf(width: number, height: number): Promise<File[]> {
  const photo = sharp(await photograph(width, height))
  const clear = photo.clone().ensureAlpha(0.7)
  const made = async (from: FormatName, picture: Sharp): Promise<File> => ({
    from,
    bytes: new Uint8Array(await picture.toBuffer()),
  })
  const [w, h] = [32, 24]
  const pixels = await photo.clone().resize(w, h).removeAlpha().raw().toBuffer()
  return [
    await made('jpeg', photo.clone().jpeg()),
    await made('jpeg', photo.clone().jpeg({ progressive: true })),
    await made('png', clear.clone().png()),
    await made('webp', photo.clone().webp({ effort: 0 })),
    await made('webp', clear.clone().webp({ effort: 0, lossless: true })),
    await made('gif', photo.clone().gif({ effort: 1 })),
    await made('avif', photo.clone().avif({ effort: 0 })),
    await made('tiff', photo.clone().tiff({ compression: 'deflate' })),
    { from: 'gif', bytes: await moving(photo) },
    { from: 'bmp', bytes: bmp(w, h, pixels) },
    { from: 'svg', bytes: svg(width, height) },
  ]
}

async function moving(photo: Sharp): Promise<Uint8Array> {
  const frames = await Promise.all(
    [0, 1, 2].map((turn) =>
      photo
        .clone()
        .resize(64, 48)
        .modulate({ hue: turn * 90 })
        .png()
        .toBuffer(),
    ),
  )
  return new Uint8Array(
    await sharp(frames, { join: { animated: true } })
      .gif({ effort: 1 })
      .toBuffer(),
  )
}

/** 24 bits, from the bottom up. */
function bmp(width: number, height: number, pixels: Uint8Array): Uint8Array {
  const file = Buffer.alloc(54 + pixels.length)
  file.write('BM')
  for (const [at, value] of [
    [2, file.length],
    [10, 54],
    [14, 40],
    [18, width],
    [22, height],
  ] as const)
    file.writeUInt32LE(value, at)
  file.writeUInt16LE(1, 26)
  file.writeUInt16LE(24, 28)
  file.set(pixels, 54)
  return new Uint8Array(file)
}

function svg(width: number, height: number): Uint8Array {
  const size = `width="${width}" height="${height}"`
  return new TextEncoder().encode(
    `<svg xmlns="http://www.w3.org/2000/svg" ${size}><circle cx="40" cy="40" r="30" fill="teal"/></svg>`,
  )
}

async function make({ from, bytes }: File, ask: Ask): Promise<number> {
  const info = readWholeInfo(from, bytes)
  const plan = { source: { origin: 'o', path: '/p', captures: {} }, ask, accepts: [], text: '' }
  const { body } = await run({
    recipe: recipeOfPicture(resolve(plan, info, LIMITS)),
    bytes,
    pixels: 1e8,
    frames: 1000,
  })
  return body.length
}

/** Each file meets each ask; what is wrong with the file or the patience is part of the round. */
async function makeNumber(n: number, small: readonly File[], large: readonly File[]): Promise<boolean> {
  const files = n % 100 === LARGE ? large : small
  const file = files[n % files.length]!
  const ask = ASKS[Math.floor(n / files.length) % ASKS.length]!
  ticksLeft = n % 100 === STOPPED ? n % 7 : Infinity
  const bytes = n % 100 === DAMAGED ? file.bytes.slice(0, file.bytes.length / 2) : file.bytes
  try {
    return (await make({ ...file, bytes }, ask)) > 0
  } catch (error) {
    if (n % 100 === STOPPED && error instanceof Stopped) return false
    if (n % 100 === DAMAGED && isMediaError(error)) return false
    throw new Error(`picture ${n}, ${file.from} as ${JSON.stringify(ask)}`, { cause: error })
  }
}

function collect(): void {
  const { Bun, gc } = globalThis as { Bun?: { gc(waits: boolean): void }; gc?: () => void }
  Bun?.gc(true)
  gc?.()
}

interface Level {
  readonly resident: number
  readonly wasm: number
}

function level(): Level {
  collect()
  const alive = memories.flatMap((one) => one.deref() ?? [])
  return {
    resident: process.memoryUsage().rss,
    wasm: alive.reduce((sum, { buffer }) => sum + buffer.byteLength, 0),
  }
}

const mib = (bytes: number) => `${(bytes / 1_048_576).toFixed(1)} MiB`

async function main(): Promise<string[]> {
  sharp.cache(false)
  sharp.concurrency(1)
  const [small, large] = [await filesOf(200, 150), await filesOf(1200, 900)]
  const levels: Level[] = []
  let made = 0
  for (let n = 0; n < PICTURES; n++) {
    if (await makeNumber(n, small, large)) made++
    // As a thread does after each task.
    if (n % 10 === 0) collect()
    if ((n + 1) % PART === 0) {
      levels.push(level())
      const { resident, wasm } = levels.at(-1)!
      console.log(
        `growth: ${n + 1} pictures, ${made} made, ${mib(resident)} resident, ${mib(wasm)} of WebAssembly`,
      )
    }
  }
  const [first, last] = [levels[0]!, levels.at(-1)!]
  const faults = (Object.keys(SLACK) as (keyof Level)[])
    .filter((kind) => last[kind] > first[kind] + SLACK[kind])
    .map((kind) => `${kind} memory grew from ${mib(first[kind])} to ${mib(last[kind])}`)
  if (made < 0.9 * PICTURES) faults.push(`only ${made} of ${PICTURES} pictures were made`)
  return faults
}

const faults = await main()
for (const fault of faults) console.error(`growth: ${fault}`)
process.exitCode = faults.length === 0 ? 0 : 1
