/** A UUID of version 7 (RFC 9562): later ones sort behind earlier ones. @param now milliseconds since the epoch */
export function uuid7(now: number): string {
  const time = now.toString(16).padStart(12, '0').slice(-12)
  // The random bits of version 4, variant included.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${crypto.randomUUID().slice(15)}`
}
