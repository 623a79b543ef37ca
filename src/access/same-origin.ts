/**
 * Whether a request that changes something may come from the page that sent it: a page of our own, or no page at all.
 * Browsers say so in `Sec-Fetch-Site`, old ones in `Origin`; programs say neither. Schemes are not compared: a proxy may
 * have ended TLS.
 *
 * @param hosts under which the service is reached
 */
export function isOwnPage(headers: Headers, hosts: readonly string[]): boolean {
  const site = headers.get('sec-fetch-site')
  if (site !== null) return site === 'same-origin' || site === 'none'
  const origin = headers.get('origin')
  return origin === null || hosts.includes(hostOf(origin))
}

function hostOf(origin: string): string {
  try {
    return new URL(origin).host
  } catch {
    return ''
  }
}
