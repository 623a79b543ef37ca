/** Faults between fields: names that are given twice, captures and derivatives that do not exist. Takes any document. */
import type { Fault } from './fault.ts'
import { toPath } from './fault.ts'
import { capturesOf, patternFault } from './pattern.ts'

type Loose = Readonly<Record<string, unknown>>

export function referenceFaults(document: unknown, hasSecret: boolean): Fault[] {
  if (!isObject(document)) return []
  const origins = listOf(document['origins'])
  return [
    ...duplicateNames(origins),
    ...origins.flatMap((origin, index) => originFaults(origin, ['origins', index], hasSecret)),
    ...derivativeFaults(document),
  ]
}

function duplicateNames(origins: readonly Loose[]): Fault[] {
  const names = origins.map((origin) => origin['name'])
  return names.flatMap((name, index) => {
    const first = names.indexOf(name)
    if (typeof name !== 'string' || first === index) return []
    return [
      {
        path: toPath(['origins', index, 'name']),
        message: `${JSON.stringify(name)} is origins[${first}] already`,
      },
    ]
  })
}

function originFaults(origin: Loose, path: readonly PropertyKey[], hasSecret: boolean): Fault[] {
  const faults = captureFaults(origin, path)
  if (origin['access'] === 'signed' && !hasSecret) {
    const message = 'signed addresses need MEDIAMORPH_SECRET, which is not set'
    faults.push({ path: toPath([...path, 'access']), message })
  }
  return faults
}

/** `${name}` and `$1` in sources must be something that `match` captures. */
function captureFaults(origin: Loose, path: readonly PropertyKey[]): Fault[] {
  const match = origin['match']
  if (typeof match !== 'string' || patternFault(match) !== undefined) return []
  const { names, count } = capturesOf(match)
  return listOf(origin['sources']).flatMap((source, index) =>
    ['key', 'url'].flatMap((field) => {
      const template = source[field]
      if (typeof template !== 'string') return []
      const used = [...template.matchAll(/\$\{([^}]*)\}|\$(\d+)/g)].map((found) => found[1] ?? found[2]!)
      const missing = used.filter((name) => !names.includes(name) && !isGroup(name, count))
      return missing.map((name) => ({
        path: toPath([...path, 'sources', index, field]),
        message: `${JSON.stringify(name)} is not captured by match, which has ${have(names, count)}`,
      }))
    }),
  )
}

function isGroup(name: string, count: number): boolean {
  return /^[1-9]\d?$/.test(name) && Number(name) <= count
}

function have(names: readonly string[], count: number): string {
  if (names.length > 0) return names.join(', ')
  return count === 0 ? 'no captures' : `$1 to $${count}`
}

function derivativeFaults(document: Loose): Fault[] {
  const responsive = isObject(document['responsive']) ? document['responsive'] : {}
  const known = isObject(document['derivatives']) ? document['derivatives'] : {}
  const used = [
    ...listOf(responsive['breakpoints']).map((point, index) => ({
      name: point['derivative'],
      path: ['breakpoints', index, 'derivative'],
    })),
    { name: responsive['defaultDerivative'], path: ['defaultDerivative'] },
  ]
  return used
    .filter(({ name }) => typeof name === 'string' && !Object.hasOwn(known, name))
    .map(({ name, path }) => ({
      path: toPath(['responsive', ...path]),
      message: `${JSON.stringify(name)} is not among derivatives`,
    }))
}

function listOf(value: unknown): Loose[] {
  return Array.isArray(value) ? value.map((item: unknown) => (isObject(item) ? item : {})) : []
}

function isObject(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
