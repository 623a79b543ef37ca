/** Faults between fields: names that are given twice, captures and derivatives that do not exist. Takes any document. */
import type { z } from 'zod'
import { compileRules } from '../request/compile.ts'
import { PARAMS } from '../request/params.ts'
import { templateNames } from '../sources/template.ts'
import { closest } from './closest.ts'
import { configSchema } from './config.ts'
import { toPath, type Fault } from './fault.ts'
import { parametersSchema } from './parameters.ts'
import { capturesOf, patternFault } from './pattern.ts'

type Loose = Readonly<Record<string, unknown>>

export function referenceFaults(document: unknown, hasSecret: boolean): Fault[] {
  if (!isObject(document)) return []
  const origins = listOf(document['origins'])
  return [
    ...duplicateNames(origins),
    ...origins.flatMap((origin, index) => originFaults(origin, ['origins', index], hasSecret)),
    ...parameterFaults(document),
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
      const missing = templateNames(template).filter((name) => !names.includes(name) && !isGroup(name, count))
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

/** Parameters and derivatives that do not exist or do not fit, in whatever part of the document can be read. */
function parameterFaults(document: Loose): Fault[] {
  const { derivatives, responsive, limits, formats, parameters } = configSchema.shape
  const { faults } = compileRules({
    origins: listOf(document['origins']).map((origin) => ({
      name: '',
      match: '',
      responsive: 'hints',
      defaults: part(parametersSchema, origin['defaults'], {}),
    })),
    derivatives: part(derivatives, document['derivatives'], {}),
    responsive: part(responsive, document['responsive'], {}),
    limits: part(limits, document['limits'], {}),
    formats: part(formats, document['formats'], {}),
    parameters: part(parameters, document['parameters'], {}),
  })
  return faults.map(({ path, message }) => ({ path, message: hinted(path, message) }))
}

/** A part that is wrong itself has its own fault already. */
function part<T>(schema: z.ZodType<T>, value: unknown, otherwise: unknown): T {
  return schema.safeParse(value).data ?? schema.parse(otherwise)
}

function hinted(path: string, message: string): string {
  if (message !== 'unknown parameter') return message
  const near = closest(path.split('.').at(-1)!, Object.keys(PARAMS))
  return near === undefined ? message : `${message}, did you mean ${near}?`
}

function listOf(value: unknown): Loose[] {
  return Array.isArray(value) ? value.map((item: unknown) => (isObject(item) ? item : {})) : []
}

function isObject(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
