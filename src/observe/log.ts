import type { RequestEvent } from './event.ts'

/** Levels in rising order; a logger writes its own level and those above it. */
export const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type Level = (typeof LEVELS)[number]

export interface Logger {
  /** Whether a line of this level is written. */
  writes(level: Exclude<Level, 'silent'>): boolean
  /** One JSON line: `time` (RFC 3339), `level`, `message`, then the fields. */
  log(level: Exclude<Level, 'silent'>, message: string, fields?: object): void
}

export interface LoggerOptions {
  readonly level: Level
  write(line: string): void
  /** Milliseconds since the epoch. */
  now(): number
}

export function createLogger({ level, write, now }: LoggerOptions): Logger {
  const least = LEVELS.indexOf(level)
  const writes = (at: Level) => LEVELS.indexOf(at) >= least
  return {
    writes,
    log(at, message, fields = {}) {
      if (!writes(at)) return
      write(JSON.stringify({ time: new Date(now()).toISOString(), level: at, message, ...fields }))
    },
  }
}

/** The access line. 5xx that are ours are errors, the rest is information. */
export function logRequest(logger: Logger, event: RequestEvent, finishedAt: number, report: boolean): void {
  const level = report ? 'error' : 'info'
  if (!logger.writes(level)) return
  const { startedAt, phases, ...fields } = event
  const rounded = Object.fromEntries(
    Object.entries(phases).map(([phase, ms]) => [phase, Math.round(ms * 10) / 10]),
  )
  const durationMs = Math.round((finishedAt - startedAt) * 10) / 10
  logger.log(level, 'request', { ...fields, durationMs, phases: rounded })
}
