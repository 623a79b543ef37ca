export const PERIOD: number
export const RUNAWAY: number
export const MOST_PAGES: number
/** The text of a module with its loops counted, and with `isBounded` its memory bounded. Throws when it is not the text of a module. */
export function meter(wat: string, isBounded?: boolean): string
/** The same from file to file, through wabt. */
export function meterFile(input: string, output: string, isBounded?: boolean): void
