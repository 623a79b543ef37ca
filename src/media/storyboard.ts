/** Where each part of a clip stands on its sprite sheet: how it is kept, and how it is told. Pure. */

/** As it is kept: nothing of who asks. */
export const STORYBOARD_TYPE = 'application/vnd.mediamorph.storyboard+json'

export interface Storyboard {
  /** WebVTT, or the same as JSON. */
  readonly as: 'vtt' | 'json'
  /** Seconds from the start of the presentation. */
  readonly start: number
  readonly end: number
  readonly count: number
  readonly columns: number
  /** Pixels of one tile. */
  readonly tile: { readonly width: number; readonly height: number }
}

export interface Tile {
  /** Seconds from the start of the presentation, in milliseconds. */
  readonly start: number
  readonly end: number
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** One after another without a gap, from the start to the end. */
export function tilesOf({ start, end, count, columns, tile }: Storyboard): Tile[] {
  const border = (n: number) => Math.round((start + ((end - start) * n) / count) * 1000) / 1000
  return Array.from({ length: count }, (_, n) => ({
    start: border(n),
    end: border(n + 1),
    x: (n % columns) * tile.width,
    y: Math.floor(n / columns) * tile.height,
    ...tile,
  }))
}

/** WebVTT with a cue for each tile, or JSON. @param url of the sprite sheet */
export function tellStoryboard(
  storyboard: Storyboard,
  url: string,
): { readonly type: string; readonly text: string } {
  const tiles = tilesOf(storyboard)
  if (storyboard.as === 'vtt') return { type: 'text/vtt; charset=utf-8', text: toVtt(tiles, url) }
  const { columns, count, tile } = storyboard
  const rows = Math.ceil(count / columns)
  const sheet = { url, width: columns * tile.width, height: rows * tile.height, columns, rows }
  return { type: 'application/json', text: JSON.stringify({ ...sheet, tile, tiles }) }
}

/** A cue that lasts less than a millisecond is none. */
function toVtt(tiles: readonly Tile[], url: string): string {
  const cues = tiles
    .filter(({ start, end }) => end > start)
    .map(
      ({ start, end, x, y, width, height }) =>
        `${clock(start)} --> ${clock(end)}\n${url}#xywh=${x},${y},${width},${height}\n`,
    )
  return ['WEBVTT\n', ...cues].join('\n')
}

/** `01:02:03.004` */
function clock(seconds: number): string {
  const all = Math.round(seconds * 1000)
  const [hours, minutes, rest] = [Math.floor(all / 3_600_000), Math.floor(all / 60_000) % 60, all % 60_000]
  const two = (value: number) => String(value).padStart(2, '0')
  return `${two(hours)}:${two(minutes)}:${two(Math.floor(rest / 1000))}.${String(rest % 1000).padStart(3, '0')}`
}
