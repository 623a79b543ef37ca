/** Patterns of hosts, by whole labels: `*`, `example.com`, `*.example.com` (subdomains of any depth, not the apex). */
import { normalizeAddress } from './cidr.ts'

export interface HostPattern {
  /** True for `*` alone. */
  readonly isAny: boolean
  /** Host that must be met, or `.example.com` that must end it. */
  readonly text: string
}

/** Reads a pattern; undefined when it is none. Case, a trailing dot and IDN are normalised as in addresses. */
export function parseHostPattern(text: string): HostPattern | undefined {
  if (text === '*') return { isAny: true, text: '' }
  const isWild = text.startsWith('*.')
  const bare = isWild ? text.slice(2) : text
  if (/[\s*/?#@\\%]/.test(bare) || !URL.canParse(`http://${bare}/`)) return undefined
  const url = new URL(`http://${bare}/`)
  const host = normalizeHost(url.hostname)
  // `host:80` loses its port in the address: it is no host either.
  if (host === '' || url.port !== '' || /:\d*$/.test(bare.replace(/^\[.*\]/, ''))) return undefined
  return { isAny: false, text: isWild ? `.${host}` : host }
}

/** @param host as `URL.hostname` has it */
export function matchesHost(pattern: HostPattern, host: string): boolean {
  if (pattern.isAny) return true
  const name = normalizeHost(host)
  if (!pattern.text.startsWith('.')) return name === pattern.text
  return name.length > pattern.text.length && name.endsWith(pattern.text)
}

/** Lower case, without the dot of the root; IPv4 that is written as IPv6 (`[::ffff:1.2.3.4]`) is IPv4. */
export function normalizeHost(host: string): string {
  return host.startsWith('[::ffff:') ? normalizeAddress(host) : host.toLowerCase().replace(/\.$/, '')
}

/** `host:port` of an address, lower case, without a trailing dot, port filled in. */
export function hostAndPort(url: URL): string {
  return `${normalizeHost(url.hostname)}:${portOf(url)}`
}

/** The port of an http or https address, filled in. */
export function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
}
