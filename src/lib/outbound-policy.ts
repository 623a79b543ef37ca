/** Whether an address may be fetched at all, before any connection: scheme, user info, host, port, IP literals. */
import { MediaError } from '../error.ts'
import { inCidr, isPublicAddress, normalizeAddress, parseAddress, parseCidr } from './cidr.ts'
import { hostAndPort, matchesHost, parseHostPattern, type HostPattern } from './host-pattern.ts'

export interface OutboundPolicyRules {
  /** `*`, `example.com` or `*.example.com`. */
  readonly allowHosts: readonly string[]
  /** The same; wins over everything else. */
  readonly denyHosts: readonly string[]
  /** Blocks of addresses that may be reached although they are not public, on any port. */
  readonly allowPrivate: readonly string[]
  /** Ports of all other addresses. */
  readonly ports: readonly number[]
}

/** Which addresses the connection may go to: any; public and `allowPrivate`; `allowPrivate` only. */
export type Reach = 'any' | 'open' | 'private'

export interface HopFacts {
  /** `host:port` of a configured source: such a hop skips the rules of ports and private addresses. */
  readonly trustedHost?: string | undefined
  /** True when the host was chosen by the request: an `allowHosts` entry other than `*` must name it. */
  readonly mustBeNamed?: boolean | undefined
}

export interface OutboundPolicy {
  /** @throws ADDRESS_REFUSED, NOT_SUPPORTED_HERE */
  judge(url: URL, facts: HopFacts): Reach
  isAllowed(address: string, reach: Reach): boolean
}

/** @param canPin false where names are resolved out of our sight: then only named hosts are fetched from */
export function createOutboundPolicy(rules: OutboundPolicyRules, canPin: boolean): OutboundPolicy {
  const allow = rules.allowHosts.map(toPattern)
  const deny = rules.denyHosts.map(toPattern)
  const blocks = rules.allowPrivate.map(toBlock)
  const isPrivateAllowed = (address: string) => blocks.some((block) => inCidr(address, block))

  const isAllowed = (address: string, reach: Reach) =>
    reach === 'any' || isPrivateAllowed(address) || (reach === 'open' && isPublicAddress(address))

  function judge(url: URL, { trustedHost, mustBeNamed }: HopFacts): Reach {
    if (url.protocol !== 'http:' && url.protocol !== 'https:')
      throw refused('only http and https are fetched')
    if (url.username !== '' || url.password !== '') throw refused('it carries user information')
    if (deny.some((pattern) => matchesHost(pattern, url.hostname))) throw refused('the host is denied')
    if (trustedHost !== undefined && trustedHost === hostAndPort(url)) return 'any'
    const matching = allow.filter((pattern) => matchesHost(pattern, url.hostname))
    const isNamed = matching.some((pattern) => !pattern.isAny)
    if (matching.length === 0 || (mustBeNamed && !isNamed)) throw refused('the host is not allowed')
    if (!canPin && !isNamed)
      throw new MediaError(
        'NOT_SUPPORTED_HERE',
        'This deployment fetches only from hosts of outbound.allowHosts',
      )
    return judgeAddress(url)
  }

  function judgeAddress(url: URL): Reach {
    const literal = normalizeAddress(url.hostname)
    const isLiteral = parseAddress(literal) !== undefined
    const reach = rules.ports.includes(portOf(url)) ? 'open' : 'private'
    if (isLiteral && !isAllowed(literal, reach)) throw refused('it is not public, or the port is not allowed')
    if (reach === 'private' && !isLiteral && !canPin) throw refused('the port is not allowed')
    return reach
  }
  return { judge, isAllowed }
}

function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
}

function refused(reason: string): MediaError {
  return new MediaError('ADDRESS_REFUSED', `The address is refused: ${reason}`)
}

function toPattern(text: string): HostPattern {
  const pattern = parseHostPattern(text)
  if (!pattern) throw new Error(`Not a pattern of hosts: ${text}`)
  return pattern
}

function toBlock(text: string) {
  const block = parseCidr(text)
  if (!block) throw new Error(`Not a block of addresses: ${text}`)
  return block
}
