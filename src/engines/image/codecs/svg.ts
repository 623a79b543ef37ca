/** SVG, drawn by resvg at the scale that is wanted. There are no fonts: text draws nothing. */
import type { Bitmap } from '../../../media/bitmap.ts'
import { corrupt } from '../../../media/headers/reader.ts'
import { drawableSvg } from '../../../media/svg/picture.ts'
import type { Codec, CodecContext } from '../codec.ts'
import { cannotDecode, createSlot } from '../slot.ts'
import { createResvg } from '../svg/resvg.ts'

export function createSvgCodec(context: CodecContext): Codec {
  const slot = createSlot(async () => {
    const resvg = createResvg(await context.loadWasm('resvg'), context)
    return { api: resvg, memoryBytes: () => resvg.memoryBytes() }
  }, context.memory)
  return {
    format: 'svg',
    async draw(bytes, zoom) {
      const svg = drawableSvg(bytes)
      const drawn = await slot.use((resvg) => resvg.render(svg, zoom), cannotDraw)
      return divided(drawn, () => context.tick())
    },
  }
}

/** resvg says in words what is wrong with a file; a trap is the file's fault too. */
const cannotDraw = (cause: unknown) =>
  typeof cause === 'string' ? corrupt('SVG', cause) : cannotDecode('SVG')(cause)

/** Colours with their alpha divided out. */
function divided({ data, width, height }: Bitmap, tick: () => void): Bitmap {
  for (let at = 0; at < data.length; at += 4) {
    if (at % 65_536 === 0) tick()
    const alpha = data[at + 3] as number
    if (alpha === 255 || alpha === 0) continue
    for (let i = at; i < at + 3; i++) data[i] = ((data[i] as number) * 255) / alpha
  }
  return { data, width, height }
}
