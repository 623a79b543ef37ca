/** What the sample page shows of each picture: queries with a word for each. Shown as they are, so that they can be copied. */
export interface DemoRecipe {
  readonly title: string
  readonly query: string
}

const PHOTO: readonly DemoRecipe[] = [
  { title: 'Smaller, WebP', query: 'width=640&format=webp' },
  { title: 'Smaller, AVIF', query: 'width=640&format=avif' },
  { title: 'High quality', query: 'width=640&quality=high&format=jpeg' },
  { title: 'Low quality', query: 'width=640&quality=low&format=jpeg' },
  { title: 'Square, from the right', query: 'width=360&height=360&fit=cover&gravity=east&format=webp' },
  { title: 'A detail', query: 'crop=25%25:25%25:40%25:35%25&width=480&format=webp' },
  { title: 'Turned and mirrored', query: 'width=420&rotate=90&flip=h&format=webp' },
  { title: 'Padded', query: 'width=480&height=480&fit=pad&background=234&format=jpeg' },
]

const CUTOUT: readonly DemoRecipe[] = [
  { title: 'WebP with alpha', query: 'width=480&format=webp' },
  { title: 'AVIF with alpha', query: 'width=480&format=avif' },
  { title: 'On a colour', query: 'width=480&background=midnightblue&format=jpeg' },
  { title: 'Lossless PNG', query: 'width=320&format=png' },
]

/** Pictures with holes in them are shown on grounds, photographs in shapes. */
export function recipesFor(file: string): readonly DemoRecipe[] {
  return file.endsWith('.png') ? CUTOUT : PHOTO
}
