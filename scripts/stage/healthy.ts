/** What users of a service ask for: mostly small pictures of large ones that nobody has asked for before. */
import sharp from 'sharp'
import type { Expected } from './answer.ts'
import { photograph } from './media.ts'

export async function healthyFiles(): Promise<Record<string, Uint8Array>> {
  const photo = await photograph(1600, 1200)
  const smaller = sharp(photo).resize(800, 600)
  return {
    'photo.jpg': photo,
    'photo.png': await smaller.clone().png({ palette: true }).toBuffer(),
    'photo.webp': await smaller.clone().webp().toBuffer(),
    'photo.avif': await smaller.clone().avif({ effort: 0 }).toBuffer(),
    'drawing.svg': new TextEncoder().encode(
      '<svg xmlns="http://www.w3.org/2000/svg" width="800" height="600"><rect width="800" height="600" fill="#9ab"/><circle cx="400" cy="300" r="199" fill="#c30"/></svg>',
    ),
  }
}

/** Ten requests, then others of the same kinds. */
const MIX: readonly (readonly [name: string, format: string])[] = [
  ['photo.jpg', 'webp'],
  ['photo.jpg', 'jpeg'],
  ['photo.png', 'webp'],
  ['photo.jpg', 'webp'],
  ['photo.webp', 'jpeg'],
  ['photo.jpg', 'jpeg'],
  ['photo.avif', 'webp'],
  ['photo.jpg', 'webp'],
  ['drawing.svg', 'png'],
]

export function healthyRequest(n: number): Expected {
  const width = 100 + ((n * 37) % 500)
  const [name, format] = MIX[n % 10] ?? ['photo.jpg', undefined]
  // The tenth asks for the original.
  if (format === undefined) return { path: '/files/photo.jpg', width: 1600, format: 'jpeg' }
  return { path: `/files/~${n}/${name}?width=${width}&format=${format}`, width, format }
}
