import { sha256Hex } from '../lib/hash.ts'

/** Whether the request carries `Authorization: Bearer <token>`. Digests are compared, so time tells nothing of the token. */
export async function hasBearer(headers: Headers, token: string | undefined): Promise<boolean> {
  const given = /^Bearer (\S+)$/i.exec(headers.get('authorization') ?? '')?.[1]
  if (given === undefined || token === undefined || token === '') return false
  const [a, b] = await Promise.all([sha256Hex(given), sha256Hex(token)])
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i)
  return difference === 0
}
