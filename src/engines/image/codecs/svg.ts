/** SVG, drawn by resvg at the scale that is wanted. There are no fonts: text draws nothing. */
import { corrupt } from '../../../media/headers/reader.ts'
import { drawableSvg } from '../../../media/svg/picture.ts'
import type { Codec, CodecContext } from '../codec.ts'
import { divideAlpha } from '../divide-alpha.ts'
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
      divideAlpha(drawn, () => context.tick())
      return drawn
    },
  }
}

/** resvg says in words what is wrong with a file; a trap is the file's fault too. */
const cannotDraw = (cause: unknown) =>
  typeof cause === 'string' ? corrupt('SVG', cause) : cannotDecode('SVG')(cause)
