/** The originals of the engine rows, and their widths and heights. */
export const SIZES = {
  '6mp.jpg': [2725, 2225],
  '12mp.jpg': [4000, 3000],
  '12mp-progressive.jpg': [4000, 3000],
  '48mp.jpg': [8000, 6000],
  '100mp.jpg': [11_547, 8660],
  '6mp.webp': [2725, 2225],
  'bubbles.png': [2048, 1536],
  'faded.png': [2048, 1536],
  'opaque.png': [2048, 1536],
  '12mp.png': [4000, 3000],
  '6mp.avif': [2725, 2225],
  'pan.gif': [480, 270],
  'still.gif': [480, 270],
} as const
export type InputName = keyof typeof SIZES
