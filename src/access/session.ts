/**
 * Sessions of the administrator: a cookie that says until when, signed with the admin token. Nothing is kept here, so
 * another token ends all of them.
 */
import { signText, verifyText } from '../lib/hmac.ts'

export interface Session {
  /** Unix seconds. */
  readonly expiresAt: number
}

export interface Sessions {
  /** A new session, and the `Set-Cookie` that carries it. */
  issue(): Promise<Session & { readonly cookie: string }>
  /** The session of a request; undefined when it has none that counts. */
  find(headers: Headers): Promise<Session | undefined>
  /** The `Set-Cookie` that takes a session away from its browser. */
  readonly goodbye: string
}

export interface SessionOptions {
  /** The admin token. */
  readonly token: string
  /** Where browsers send the cookie. */
  readonly path: string
  /** Milliseconds since the epoch. */
  now(): number
  newId(): string
}

const NAME = 'mediamorph_session'
const SECONDS = 86_400
/** A browser sends one; more were planted by somebody, and each costs a signature. */
const MOST = 4

export function createSessions({ token, path, now, newId }: SessionOptions): Sessions {
  const attributes = `Path=${path}; HttpOnly; Secure; SameSite=Strict`
  const textOf = (expiresAt: string, id: string) => `mediamorph-session-v1\n${expiresAt}\n${id}`

  async function read(value: string): Promise<Session | undefined> {
    const [, expires = '', id = '', signature = ''] =
      /^(\d{1,12})\.([\w-]{1,64})\.([\w-]{43})$/.exec(value) ?? []
    if (Number(expires) <= now() / 1000) return undefined
    const isOurs = await verifyText(textOf(expires, id), signature, [{ secret: token }])
    return isOurs ? { expiresAt: Number(expires) } : undefined
  }

  return {
    async issue() {
      const expiresAt = Math.floor(now() / 1000) + SECONDS
      const id = newId()
      const value = `${expiresAt}.${id}.${await signText(textOf(String(expiresAt), id), token)}`
      return { expiresAt, cookie: `${NAME}=${value}; Max-Age=${SECONDS}; ${attributes}` }
    },
    async find(headers) {
      for (const value of cookiesOf(headers).slice(0, MOST)) {
        const session = await read(value)
        if (session) return session
      }
      return undefined
    },
    goodbye: `${NAME}=; Max-Age=0; ${attributes}`,
  }
}

function cookiesOf(headers: Headers): string[] {
  const pairs = (headers.get('cookie') ?? '').split(';').map((pair) => pair.trim())
  return pairs.filter((pair) => pair.startsWith(`${NAME}=`)).map((pair) => pair.slice(NAME.length + 1))
}
