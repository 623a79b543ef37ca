/** What the validator found, in our words: `expected …, got …`, one fault for each field. */
import * as z from 'zod'
import { toPath, type Fault } from './fault.ts'
import { closest } from './closest.ts'

type Issue = z.core.$ZodIssue

/** `masked` values never appear in a message. */
export function toFaults(schema: z.ZodType, issues: readonly Issue[], masked: readonly string[]): Fault[] {
  return issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') return unknownFields(schema, issue)
    return [{ path: toPath(issue.path), message: wording(issue, masked) }]
  })
}

function unknownFields(schema: z.ZodType, issue: Extract<Issue, { code: 'unrecognized_keys' }>): Fault[] {
  const names = fieldsAt(schema, issue.path, issue.input)
  return issue.keys.map((key) => {
    const near = closest(key, names)
    const hint = near === undefined ? '' : `, did you mean ${near}?`
    return { path: toPath([...issue.path, key]), message: `unknown field${hint}` }
  })
}

function wording(issue: Issue, masked: readonly string[]): string {
  const got = `, got ${shown(issue, masked)}`
  if (issue.code === 'invalid_type') return `expected ${article(issue.expected)}${got}`
  if (issue.code === 'invalid_value') return `expected ${listed(issue.values)}${got}`
  if (issue.code === 'too_small') return `expected ${amount(issue.minimum, issue.origin, 'more')}${got}`
  if (issue.code === 'too_big' && !issue.message.startsWith('not '))
    return `expected ${amount(issue.maximum, issue.origin, 'less')}${got}`
  if (issue.code === 'invalid_union' && 'options' in issue && Array.isArray(issue.options))
    return `expected ${listed(issue.options.filter((one) => one !== undefined))}${got}`
  if (issue.code === 'invalid_key') return issue.issues.map((inner) => inner.message).join(', ')
  // A message of our own, which may say it all.
  if (issue.message.startsWith('expected ') && !/: |, got /.test(issue.message))
    return `${issue.message}${got}`
  return issue.message
}

function article(type: string): string {
  const name = { int: 'whole number', record: 'object' }[type] ?? type
  return `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`
}

function listed(values: readonly unknown[]): string {
  return values.map((value) => JSON.stringify(value)).join(' or ')
}

function amount(limit: number | bigint, origin: string, way: 'more' | 'less'): string {
  const unit = { string: ' characters', array: ' items' }[origin] ?? ''
  return `${limit}${unit} or ${way}`
}

/** The value when it is short, plain and no secret; else its kind. */
function shown(issue: Issue, masked: readonly string[]): string {
  const where = issue.path.map(String)
  const value = issue.code === 'invalid_union' ? discriminated(issue) : issue.input
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return issue.code === 'invalid_type' ? 'an array' : `${value.length} items`
  if (typeof value !== 'string') return typeof value === 'object' ? 'an object' : String(value)
  const isSecret =
    where.some((name) => SECRET_FIELD.test(name)) || masked.some((text) => value.includes(text))
  return isSecret || value.length > 60 || /:\/\/[^/]*@/.test(value) ? 'a string' : JSON.stringify(value)
}

/** Fields whose values are never shown. */
export const SECRET_FIELD = /^(?:headers|accessKeyId|secretAccessKey|sessionToken|password|secret|token)$/i

function discriminated(issue: Extract<Issue, { code: 'invalid_union' }>): unknown {
  const { input, discriminator } = issue as { input?: unknown; discriminator?: string }
  if (discriminator === undefined || typeof input !== 'object' || input === null) return input
  return (input as Record<string, unknown>)[discriminator]
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema & { readonly const?: unknown }>>
  readonly items?: JsonSchema
  readonly additionalProperties?: JsonSchema | boolean
  readonly oneOf?: readonly JsonSchema[]
}

/** Names of the fields that an object at `path` may have. */
function fieldsAt(schema: z.ZodType, path: readonly PropertyKey[], input: unknown): string[] {
  let here: JsonSchema | undefined = toJsonSchema(schema)
  for (const key of path) {
    const rest: JsonSchema | undefined =
      typeof here?.additionalProperties === 'object' ? here.additionalProperties : undefined
    here = typeof key === 'number' ? here?.items : (here?.properties?.[String(key)] ?? rest)
  }
  const variants = here?.oneOf ?? (here ? [here] : [])
  const { type, preset = 'none' } = (input ?? {}) as { type?: unknown; preset?: unknown }
  const fitting = variants.filter(
    ({ properties }) =>
      variants.length === 1 ||
      (properties?.['type'] ? properties['type'].const === type : properties?.['preset']?.const === preset),
  )
  return fitting.flatMap((one) => Object.keys(one.properties ?? {}))
}

export function toJsonSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema
}
