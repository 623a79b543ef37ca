/** Document and environment in, `Config` out, or every fault at once. Reads no file: the runtime does. */
import { compileRules } from '../request/compile.ts'
import { assetFaults } from './asset-faults.ts'
import { expandAssets } from './assets.ts'
import { configSchema, type Config, type OriginConfig } from './config.ts'
import { DEMO } from './demo.ts'
import { expandEnv, type Env } from './expand.ts'
import { ConfigError, type Fault } from './fault.ts'
import { featureFaults } from './features.ts'
import { toFaults } from './issues.ts'
import { objectStoreOf } from './mounted.ts'
import { nsfwFaults, nsfwNotes } from './nsfw-faults.ts'
import { referenceFaults } from './references.ts'
import { loadSecrets } from './secrets.ts'
import { presentVariables, variablesSchema } from './variables.ts'

export interface LoadOptions {
  /** As parsed from text, or as an embedder gives it. */
  readonly document?: unknown
  readonly env: Env
  /** False: the demo configuration, whatever `document` holds. Default: whether there is a document. */
  readonly hasDocument?: boolean
}

/** @throws ConfigError with every fault found. */
export function loadConfig(options: LoadOptions): Config {
  const { document: given, env } = options
  const isDemo = !(options.hasDocument ?? given !== undefined)
  const { document, masked, faults: unset } = expandEnv(isDemo ? DEMO : given, env)
  const { secrets, faults: weak } = loadSecrets(env)

  const parsed = configSchema.safeParse(override(document, env), { reportInput: true })
  const variables = variablesSchema.safeParse(presentVariables(env), { reportInput: true })
  const faults: Fault[] = [
    ...unset,
    ...weak,
    ...(parsed.error ? toFaults(configSchema, parsed.error.issues, masked).map(blameEnv(env)) : []),
    ...referenceFaults(document, secrets.signing !== undefined),
    ...featureFaults(document, secrets),
    ...nsfwFaults(document),
    ...assetFaults(document, env, secrets.signing !== undefined),
    ...(variables.error ? toFaults(variablesSchema, variables.error.issues, []) : []),
  ]
  if (faults.length > 0 || !parsed.data || !variables.data) throw new ConfigError(withoutDoubles(faults))

  const { $schema: _, origins, assets: entries, ...rest } = parsed.data
  const assets = expandAssets(entries)
  const { rules } = compileRules({ ...parsed.data, assets })
  const objectStore = objectStoreOf(env)
  const fallback = secrets.signing === undefined ? 'public' : 'signed'
  return {
    ...rest,
    origins: origins.map((origin): OriginConfig => ({
      ...origin,
      access: origin.access ?? fallback,
      nsfw: origin.nsfw ?? parsed.data.nsfw.default,
      accessIsExplicit: origin.access !== undefined,
    })),
    assets,
    ...(objectStore ? { objectStore } : {}),
    rules,
    isDemo,
    role: variables.data.MEDIAMORPH_ROLE,
    host: variables.data.HOST,
    port: variables.data.PORT,
    logLevel: variables.data.LOG_LEVEL,
    secrets,
    masked,
    notes: [...notesOf(env), ...nsfwNotes(parsed.data.nsfw)],
  }
}

/** Variables that stand for a field of the document. */
const OVERRIDES = [
  ['DATABASE_URL', 'database'],
  ['REDIS_URL', 'rateLimit.store'],
  ['REDIS_URL', 'queue'],
] as const

function override(document: unknown, env: Env): unknown {
  return OVERRIDES.reduce(
    (result, [variable, field]) =>
      env[variable] ? withField(result, field.split('.'), env[variable]) : result,
    document,
  )
}

/** A copy with another value at the path; what is no object is left for the schema to refuse. */
function withField(document: unknown, [name = '', ...rest]: readonly string[], value: string): unknown {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return document
  const inner = (document as Readonly<Record<string, unknown>>)[name]
  return { ...document, [name]: rest.length === 0 ? value : withField(inner ?? {}, rest, value) }
}

/** Of a variable that stands for several fields. */
const EXPECTED: Readonly<Record<string, string>> = { REDIS_URL: 'redis://…' }

/** A value that came from a variable is that variable's fault; what it holds may be a secret. */
function blameEnv(env: Env): (fault: Fault) => Fault {
  return (fault) => {
    const variable = OVERRIDES.find(([name, field]) => field === fault.path && env[name])?.[0]
    if (variable === undefined) return fault
    const expected = EXPECTED[variable]
    const message = expected === undefined ? fault.message.replace(/, got .*$/, '') : `expected ${expected}`
    return { path: variable, message: `${message}, got something else` }
  }
}

function withoutDoubles(faults: readonly Fault[]): Fault[] {
  return [...new Map(faults.map((fault) => [JSON.stringify(fault), fault])).values()]
}

/** Variables of features to come: harmless, but the operator should know. */
function notesOf(env: Env): string[] {
  const unused = ['OTEL_EXPORTER_OTLP_ENDPOINT'].filter((name) => env[name])
  return unused.map((name) => `${name} is set and has no effect in this version`)
}
