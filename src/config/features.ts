/** Faults of features that need something else: a secret, an origin, a list of hosts. Takes any document. */
import { ARTIFACTS, EXTERNAL } from '../request/address.ts'
import { KEYS_ORIGIN } from '../request/grammars/vylux.ts'
import { toPath, type Fault } from './fault.ts'
import type { Secrets } from './secrets.ts'

type Loose = Readonly<Record<string, unknown>>

export function featureFaults(document: unknown, secrets: Secrets): Fault[] {
  const { external, compat, outbound, origins } = objectOf(document)
  const names = listOf(origins).map((origin) => objectOf(origin)['name'])
  return [
    ...externalFaults(objectOf(external), objectOf(outbound), names, secrets),
    ...vyluxFaults(listOf(objectOf(compat)['grammars']), names, secrets),
  ]
}

function externalFaults(
  external: Loose,
  outbound: Loose,
  names: readonly unknown[],
  secrets: Secrets,
): Fault[] {
  if (external['enabled'] !== true) return []
  const faults = reserved(EXTERNAL, names, 'external.enabled')
  const { allowHosts } = outbound
  if (external['access'] === 'public' && (allowHosts === undefined || listOf(allowHosts).includes('*'))) {
    const message = 'expected outbound.allowHosts to name hosts, not "*", for addresses that are not signed'
    faults.push({ path: 'external.access', message })
  } else if (external['access'] !== 'public' && !secrets.external) {
    const message =
      'addresses on other hosts need MEDIAMORPH_EXTERNAL_SECRET or MEDIAMORPH_SECRET, neither is set'
    faults.push({ path: 'external.enabled', message })
  }
  return faults
}

function vyluxFaults(grammars: readonly unknown[], names: readonly unknown[], secrets: Secrets): Fault[] {
  if (!grammars.includes('vylux')) return []
  const path = 'compat.grammars'
  const faults = reserved(ARTIFACTS, names, path)
  if (!secrets.vylux)
    faults.push({ path, message: 'vylux needs MEDIAMORPH_VYLUX_SECRET or MEDIAMORPH_SECRET, neither is set' })
  if (!names.includes(KEYS_ORIGIN))
    faults.push({ path, message: `vylux needs an origin named "${KEYS_ORIGIN}", which its keys belong to` })
  return faults
}

function reserved(name: string, names: readonly unknown[], feature: string): Fault[] {
  const index = names.indexOf(name)
  if (index === -1) return []
  return [{ path: toPath(['origins', index, 'name']), message: `"${name}" is reserved by ${feature}` }]
}

function objectOf(value: unknown): Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Loose) : {}
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
