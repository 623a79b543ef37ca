/** Requests that one service passes on to another, which keeps them apart from those of clients: nobody waits for himself. */

/** Present on them. */
export const PASSED_ON = 'x-mediamorph-passed'

/** Names of those that it came through, from `Via`; undefined: nobody has passed it on. */
export function passedThrough(headers: Headers): readonly string[] | undefined {
  if (!headers.has(PASSED_ON)) return undefined
  return [...(headers.get('via') ?? '').matchAll(/\b1\.1 (mm-[\w-]{1,64})/g)].map(([, name = '']) => name)
}
