/** The pictures that come with the service; `samples/` holds them, and the recipe that makes them. */
export interface DemoSample {
  readonly file: string
  readonly title: string
  /** What it is good for judging. */
  readonly note: string
  /** As displayed. */
  readonly width: number
  readonly height: number
  readonly bytes: number
}

export const SAMPLES: readonly DemoSample[] = [
  {
    file: 'lake.jpg',
    title: 'Lake at dusk',
    note: 'A smooth sky beside fine rock, dark forest and broken reflections: watch for banding, and for shadows that turn to mush.',
    width: 2000,
    height: 1333,
    bytes: 531820,
  },
  {
    file: 'still-life.jpg',
    title: 'Still life by a window',
    note: 'Peel, glaze, brass and glass in soft light, with little depth of field: colour, highlights, and blur that must stay smooth.',
    width: 2000,
    height: 1333,
    bytes: 428360,
  },
  {
    file: 'street.jpg',
    title: 'Street after rain',
    note: 'Neon letters, bricks and saturated light on black: sharp edges, colour that bleeds, and detail in the dark.',
    width: 2000,
    height: 1333,
    bytes: 546172,
  },
  {
    file: 'dunes.jpg',
    title: 'Dunes, upright',
    note: 'Stored lying on its side with EXIF orientation 6, as a phone held upright does: every rendition must stand.',
    width: 1333,
    height: 2000,
    bytes: 264930,
  },
  {
    file: 'bubbles.png',
    title: 'Soap bubbles',
    note: 'A PNG with every degree of transparency: soft edges, overlaps, and what a background does under them.',
    width: 900,
    height: 900,
    bytes: 679930,
  },
  {
    file: 'ridge.avif',
    title: 'Ridge in the morning',
    note: 'An AVIF original full of small detail: thousands of pines, sharp rock and snow, the hardest to keep at few bytes.',
    width: 1500,
    height: 1000,
    bytes: 318998,
  },
  {
    file: 'marbles.webp',
    title: 'The small things',
    note: 'A WebP original from near: mirrors, glass and grain of wood, sharp in one plane only.',
    width: 1500,
    height: 1000,
    bytes: 124694,
  },
]
