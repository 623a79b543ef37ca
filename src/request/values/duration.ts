import { parseDecimal } from './number.ts'

/**
 * A moment or a length of time: `90`, `11.3s`, `1m30s`, `1h2m3s`, `50%`, negative from the end. Canonical text is
 * seconds (`90`, `-1.5`) or a percentage (`50%`).
 */
export function parseTime(text: string): string | undefined {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1]
  if (percent !== undefined)
    return parseDecimal(percent, 0, 100) === undefined ? undefined : `${Number(percent)}%`
  const negative = text.startsWith('-')
  const seconds = parseSeconds(negative ? text.slice(1) : text)
  return seconds === undefined ? undefined : String(negative && seconds > 0 ? -seconds : seconds)
}

function parseSeconds(text: string): number | undefined {
  const match = /^(?:(\d{1,4})h)?(?:(\d{1,6})m)?(?:(\d{1,8}(?:\.\d{1,6})?)s?)?$/.exec(text)
  if (!match || text === '') return undefined
  const [hours = '0', minutes = '0', seconds = '0'] = match.slice(1)
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
}
