/** Plain numbers: no exponents, no blanks, no signs unless asked for. */

/** A decimal within `least..most`; undefined when it is anything else. */
export function parseDecimal(text: string, least: number, most: number): number | undefined {
  if (!/^-?\d{1,9}(\.\d{1,6})?$/.test(text)) return undefined
  const value = Number(text)
  return value >= least && value <= most ? value : undefined
}

/** A decimal rounded to the nearest whole number, which must lie within `least..most`. */
export function parseRounded(text: string, least: number, most: number): number | undefined {
  const value = parseDecimal(text, 0, 1e9)
  const rounded = value === undefined ? undefined : Math.round(value)
  return rounded !== undefined && rounded >= least && rounded <= most ? rounded : undefined
}

export function parseInteger(text: string, least: number, most: number): number | undefined {
  return /^\d{1,9}$/.test(text) ? parseRounded(text, least, most) : undefined
}

export function parseBoolean(text: string): boolean | undefined {
  return BOOLEANS.get(text.toLowerCase())
}
const BOOLEANS = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
])
