/** What goes along with the pixels: metadata, and the colours of the original where its profile does. */
import { formatRow } from '../../media/format.ts'
import { prepareMetadata } from '../../media/metadata/prepare.ts'
import { readMetadata } from '../../media/metadata/read.ts'
import { writeMetadata } from '../../media/metadata/write.ts'
import type { ImageRecipe } from '../../plan/recipe.ts'
import type { OpenPicture } from './open-picture.ts'

type Bytes = Uint8Array<ArrayBuffer>
export type AddMetadata = (file: Bytes) => Bytes

/** The picture as it is to be shown, and what is done to the file that is made of it. */
export async function alongWith(
  recipe: ImageRecipe,
  original: Uint8Array,
  picture: OpenPicture,
): Promise<{ readonly picture: OpenPicture; readonly add: AddMetadata }> {
  const { metadata: what, from, to, width, height } = recipe
  if (what === undefined) return { picture, add: (file) => file }
  const own = keepsColors(recipe) ? picture.own : undefined
  const found = { ...(await readMetadata(from, original)), ...(own ? { icc: own.profile } : {}) }
  const isConverted = !own && picture.toSrgb !== undefined
  const metadata = prepareMetadata(what, found, { to, width, height, isConverted })
  return { picture: own?.picture ?? picture, add: (file) => writeMetadata(to, file, metadata) }
}

/** What is laid over the picture or under it is in sRGB: so must be the picture, but under black and white, which are the same in all. */
function keepsColors({ metadata, to, overlay, background }: ImageRecipe): boolean {
  const holdsProfile = formatRow(to).holds?.includes('icc') ?? false
  const { r, g, b } = background ?? { r: 0, g: 0, b: 0 }
  const isSame = r === g && g === b && (r === 0 || r === 255)
  return metadata === 'keep' && holdsProfile && overlay === undefined && isSame
}
