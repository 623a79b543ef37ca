/** What is wrong with a configuration: all of it at once, each with the path of the field. */

export interface Fault {
  /** `origins[0].sources[1].url`, or the name of an environment variable; empty for the document itself. */
  readonly path: string
  /** `expected …, got …`. */
  readonly message: string
}

/** A configuration that is refused as a whole. The service does not start with half of what was asked. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly Fault[]

  constructor(faults: readonly Fault[]) {
    const lines = faults.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
    super(`Configuration refused: ${lines.join('\n  ')}`)
    this.faults = faults
  }
}

/** `['origins', 0, 'sources']` as `origins[0].sources`; names that are no identifiers are quoted. */
export function toPath(keys: readonly PropertyKey[]): string {
  return keys
    .map((key, index) => {
      if (typeof key === 'number') return `[${key}]`
      const name = String(key)
      if (!/^[$\w-]+$/.test(name)) return `[${JSON.stringify(name)}]`
      return index === 0 ? name : `.${name}`
    })
    .join('')
}
