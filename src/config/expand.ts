/** `${env:NAME}` inside the strings of a document. */
import { toPath, type Fault } from './fault.ts'

export type Env = Readonly<Record<string, string | undefined>>

export interface Expanded {
  readonly document: unknown
  /** Values that came from the environment: never printed. */
  readonly masked: readonly string[]
  readonly faults: readonly Fault[]
}

const REFERENCE = /\$\{env:([^}]*)\}/g

/** Replaces every reference; a variable that is not set is a fault. Captures such as `${key}` stay. */
export function expandEnv(document: unknown, env: Env): Expanded {
  const masked = new Set<string>()
  const faults: Fault[] = []

  function expandText(text: string, path: readonly PropertyKey[]): string {
    return text.replaceAll(REFERENCE, (_, name: string) => {
      const value = env[name]
      if (value === undefined || value === '')
        faults.push({ path: toPath(path), message: `the environment variable ${name} is not set` })
      else masked.add(value)
      return value ?? ''
    })
  }

  function walk(value: unknown, path: readonly PropertyKey[]): unknown {
    if (typeof value === 'string') return expandText(value, path)
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, index]))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item, [...path, key])]))
  }

  return { document: walk(document, []), masked: [...masked], faults }
}
