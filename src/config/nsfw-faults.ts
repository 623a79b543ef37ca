/** Faults of `nsfw` that no field shows by itself, and what the operator is told of it. Takes any document. */
import type { Platform } from '../platform.ts'
import type { Config } from './config.ts'
import { ConfigError, toPath, type Fault } from './fault.ts'
import type { NsfwSettings } from './nsfw.ts'

type Loose = Readonly<Record<string, unknown>>

/** Classifiers with a section of their own. */
const SECTIONS = ['http', 'onnx'] as const

/** Policies that need a classifier. */
const LOOKING: ReadonlySet<unknown> = new Set(['flag', 'block', 'blur'])

export function nsfwFaults(document: unknown): Fault[] {
  const { nsfw, origins, assets, external } = objectOf(document)
  const settings = objectOf(nsfw)
  return [
    ...sectionFaults(settings),
    ...judgeFaults(settings, [
      [['nsfw', 'default'], settings['default']],
      ...listOf(origins).map((origin, index) => [['origins', index, 'nsfw'], origin['nsfw']] as const),
      ...listOf(assets).map((row, index) => [['assets', index, 'nsfw'], row['nsfw']] as const),
      [['external', 'nsfw'], objectOf(external)['nsfw']],
    ]),
  ]
}

/** A setting that would have no effect is a mistake, and so is one that is missing. */
function sectionFaults(settings: Loose): Fault[] {
  return SECTIONS.flatMap((name) => {
    const path = `nsfw.${name}`
    const isChosen = settings['classifier'] === name
    const isThere = settings[name] !== undefined
    if (isChosen === isThere) return []
    const message = isChosen
      ? `expected an object, because nsfw.classifier is "${name}", got nothing`
      : `expected nothing, unless nsfw.classifier is "${name}"`
    return [{ path, message }]
  })
}

function judgeFaults(
  settings: Loose,
  policies: ReadonlyArray<readonly [path: readonly PropertyKey[], policy: unknown]>,
): Fault[] {
  const { classifier = 'off' } = settings
  if (classifier !== 'off') return []
  return policies.flatMap(([path, policy]) =>
    !LOOKING.has(policy)
      ? []
      : [
          {
            path: toPath(path),
            message: `"${String(policy)}" needs somebody who judges pictures, and nsfw.classifier is "off"`,
          },
        ],
  )
}

/** Refuses a classifier that cannot be had on this platform. @throws ConfigError */
export function checkClassifier({ nsfw: { classifier } }: Pick<Config, 'nsfw'>, platform: Platform): void {
  if (classifier !== 'builtin' && classifier !== 'onnx') return
  const message = platform.lacksNet?.(classifier)
  if (message !== undefined) throw new ConfigError([{ path: 'nsfw.classifier', message }])
}

/** For the start line. */
export function nsfwNotes({ classifier, threshold, onError }: NsfwSettings): string[] {
  if (classifier === 'off') return []
  const fails = { closed: 'unsafe (fails closed)', open: 'safe (fails open)' }[onError]
  return [
    `nsfw: judged by ${classifier}, unsafe above ${threshold}; what cannot be judged counts as ${fails}`,
  ]
}

function objectOf(value: unknown): Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Loose) : {}
}

function listOf(value: unknown): Loose[] {
  return Array.isArray(value) ? value.map(objectOf) : []
}
