/** Faults of `assets`, `static` and `internal` that no field shows by itself. Takes any document. */
import { compileRules } from '../request/compile.ts'
import { isReserved } from '../request/match.ts'
import { assetPathFault, compileAssetPath } from '../request/assets/path.ts'
import { templateNames } from '../sources/template.ts'
import { assetsSchema, expandAssets, type AssetConfig } from './assets.ts'
import type { Env } from './expand.ts'
import { toPath, type Fault } from './fault.ts'
import { mountFaults } from './mounted.ts'

type Loose = Readonly<Record<string, unknown>>

/** @param hasSecret of our own addresses */
export function assetFaults(document: unknown, env: Env, hasSecret: boolean): Fault[] {
  if (!isObject(document)) return []
  const { static: staticMount, internal } = document
  const entries = listOf(document['assets'])
  const places = objectOf(internal)
  const buckets = Object.entries(objectOf(places['buckets']))
  return [
    ...nothingServed(document),
    ...staticFaults(document),
    ...entries.flatMap((entry, index) => [
      ...rowFaults(entry, index),
      ...accessFaults(entry, index, hasSecret),
    ]),
    ...duplicates(entries),
    ...mountFaults(
      [
        ...entries.map((entry, index) => [['assets', index, 'mount'], entry['mount']] as const),
        [['static'], staticMount],
        [['internal', 'uploads'], places['uploads']],
        ...buckets.map(([name, mount]) => [['internal', 'buckets', name], mount] as const),
      ],
      env,
    ),
  ]
}

/** Rows as far as they can be read. */
function rowsOf(entry: Loose): readonly AssetConfig[] {
  const { data } = assetsSchema.safeParse([entry])
  return data ? expandAssets(data) : []
}

function nothingServed(document: Loose): Fault[] {
  const { origins, assets, static: mount, external } = document
  const serves =
    listOf(origins).length > 0 ||
    listOf(assets).length > 0 ||
    typeof mount === 'string' ||
    objectOf(external)['enabled'] === true
  if (serves || (origins !== undefined && !Array.isArray(origins))) return []
  const message = 'expected 1 items or more, or assets, static or external.enabled'
  return [{ path: 'origins', message: `${message}, got ${origins === undefined ? 'nothing' : '0 items'}` }]
}

/** A setting that would have no effect is a mistake. */
function staticFaults({ static: mount, ...rest }: Loose): Fault[] {
  if (typeof mount !== 'string') return []
  return ['origins', 'assets'].flatMap((field) =>
    listOf(rest[field]).length === 0
      ? []
      : [{ path: field, message: 'expected nothing beside static, where every path is an object' }],
  )
}

function rowFaults(entry: Loose, index: number): Fault[] {
  if (entry['preset'] === 'fluxer') return []
  return rowsOf(entry).flatMap(({ paths, keys, ...row }) => [
    ...paths.flatMap((path) =>
      isReserved(path)
        ? [
            {
              path: toPath(['assets', index, 'path']),
              message: `${path} begins with a segment that is reserved`,
            },
          ]
        : [],
    ),
    ...keyFaults(paths, keys, index),
    ...parameterFaults({ paths, keys, ...row }, index),
  ])
}

function accessFaults(entry: Loose, index: number, hasSecret: boolean): Fault[] {
  if (entry['access'] !== 'signed' || hasSecret) return []
  const message = 'signed addresses need MEDIAMORPH_SECRET, which is not set'
  return [{ path: toPath(['assets', index, 'access']), message }]
}

function parameterFaults(row: AssetConfig, index: number): Fault[] {
  const { faults } = compileRules({
    origins: [],
    derivatives: {},
    responsive: { breakpoints: [] },
    parameters: { invalid: 'reject' },
    limits: { outputSide: 8192 },
    // Whether it is enabled, the first request for it says.
    formats: { jxl: true },
    assets: [row],
  })
  return faults.map(({ path, message }) => ({ path: path.replace('assets[0]', `assets[${index}]`), message }))
}

/** Every part that a key names must be in every path, or it would be empty. */
function keyFaults(paths: readonly string[], keys: readonly string[], index: number): Fault[] {
  const parts = paths
    .filter((path) => assetPathFault(path) === undefined)
    .map((path) => compileAssetPath(path).parts)
  const missing = keys.flatMap(templateNames).filter((name) => parts.some((names) => !names.includes(name)))
  return [...new Set(missing)].map((name) => ({
    path: toPath(['assets', index, 'key']),
    message: `${JSON.stringify(name)} is not a part of every path`,
  }))
}

function duplicates(entries: readonly Loose[]): Fault[] {
  const seen = new Map<string, number>()
  return entries.flatMap((entry, index) =>
    rowsOf(entry).flatMap(({ name }) => {
      const first = seen.get(name)
      if (first === undefined) seen.set(name, index)
      const field = entry['preset'] === 'fluxer' ? 'preset' : 'name'
      return first === undefined
        ? []
        : [
            {
              path: toPath(['assets', index, field]),
              message: `${JSON.stringify(name)} is in assets[${first}] already`,
            },
          ]
    }),
  )
}

function isObject(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function objectOf(value: unknown): Loose {
  return isObject(value) ? value : {}
}

function listOf(value: unknown): Loose[] {
  return Array.isArray(value) ? value.map(objectOf) : []
}
