/** The administrator: by the admin token, or by a session that it opened. */
import { isSameSecret } from '../lib/same-secret.ts'
import { bearerOf, holdsSecret } from './credentials.ts'
import { createSessions, type SessionOptions, type Sessions } from './session.ts'

export interface Admin {
  readonly sessions: Sessions
  isToken(given: string): Promise<boolean>
  /** Whether the request comes from the administrator. */
  admits(headers: Headers): Promise<boolean>
  /** Whether the request shows a token, right or wrong: such requests are counted against guessing. */
  showsToken(headers: Headers): boolean
}

export function createAdmin(options: SessionOptions): Admin {
  const { token } = options
  const sessions = createSessions(options)
  return {
    sessions,
    isToken: (given) => isSameSecret(given, token),
    showsToken: (headers) => bearerOf(headers) !== undefined,
    async admits(headers) {
      return (await holdsSecret('admin', headers, token)) || (await sessions.find(headers)) !== undefined
    },
  }
}

/** Where the pages of the administrator lie, for browsers: a prefix of the public address is part of it. */
export function adminPath(publicUrl: string | undefined): string {
  const prefix = publicUrl === undefined ? '' : new URL(publicUrl).pathname.replace(/\/+$/, '')
  return `${prefix}/admin`
}
