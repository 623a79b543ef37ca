/** Values of parameters as text again, as an address says them. Pure. */
import type { ParamName, Params } from './params.ts'
import type { Color, CropBox, Gravity, Length } from './values/types.ts'

/** Of those parameters that are there, under `names`. */
export function writeParams(params: Params, names: readonly ParamName[]): Array<[ParamName, string]> {
  return names.flatMap((name): Array<[ParamName, string]> => {
    const value: unknown = params[name]
    return value === undefined ? [] : [[name, toText(value)]]
  })
}

/** What `parse` of its row reads as the same value. */
function toText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  if ('r' in value) return colorText(value as Color)
  if ('width' in value) return cropText(value as CropBox)
  const { x, y } = value as Gravity
  return `${x}x${y}`
}

function colorText({ r, g, b, a }: Color): string {
  return a === 1 ? `rgb(${r},${g},${b})` : `rgba(${r},${g},${b},${a})`
}

function cropText({ width, height, x, y }: CropBox): string {
  return [width, height, x, y].map(lengthText).join(':')
}

const lengthText = (length: Length) =>
  'px' in length ? String(length.px) : `${Number((length.fraction * 100).toFixed(6))}%`
