/** Counters and histograms, and the text that Prometheus reads (exposition format 0.0.4). */

export type Labels = Readonly<Record<string, string>>

export interface Sample {
  readonly labels: Labels
  readonly value: number
}

export interface Counter {
  /** @param by default 1 */
  add(labels: Labels, by?: number): void
  text(): string
}

export interface Histogram {
  observe(labels: Labels, value: number): void
  text(): string
}

export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export function createCounter(name: string, help: string): Counter {
  const values = new Map<string, number>()
  return {
    add(labels, by = 1) {
      const key = labelText(labels)
      values.set(key, (values.get(key) ?? 0) + by)
    },
    text: () => head(name, help, 'counter') + lines(name, values),
  }
}

interface Observed {
  /** How many were at most each of the bounds; not added up. */
  readonly counts: number[]
  count: number
  sum: number
}

/** @param bounds ascending; what is above all of them counts too */
export function createHistogram(name: string, help: string, bounds: readonly number[]): Histogram {
  const all = new Map<string, { readonly labels: Labels; readonly observed: Observed }>()
  return {
    observe(labels, value) {
      const key = labelText(labels)
      const entry = all.get(key) ?? {
        labels,
        observed: { counts: bounds.map(() => 0), count: 0, sum: 0 },
      }
      all.set(key, entry)
      const { observed } = entry
      const place = bounds.findIndex((bound) => value <= bound)
      if (place >= 0) observed.counts[place] = (observed.counts[place] ?? 0) + 1
      observed.count += 1
      observed.sum += value
    },
    text() {
      const rows = [...all.values()].map(({ labels, observed }) =>
        bucketLines(name, bounds, labels, observed),
      )
      return head(name, help, 'histogram') + rows.join('')
    },
  }
}

export function gaugeText(name: string, help: string, samples: readonly Sample[]): string {
  const values = new Map(samples.map(({ labels, value }) => [labelText(labels), value]))
  return head(name, help, 'gauge') + lines(name, values)
}

function bucketLines(
  name: string,
  bounds: readonly number[],
  labels: Labels,
  { counts, count, sum }: Observed,
): string {
  let below = 0
  const buckets = bounds.map((bound, n): [string, number] => {
    below += counts[n] ?? 0
    return [labelText({ ...labels, le: String(bound) }), below]
  })
  const whole = labelText(labels)
  return (
    lines(`${name}_bucket`, new Map([...buckets, [labelText({ ...labels, le: '+Inf' }), count]])) +
    lines(`${name}_sum`, new Map([[whole, sum]])) +
    lines(`${name}_count`, new Map([[whole, count]]))
  )
}

const head = (name: string, help: string, type: string) => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`

const lines = (name: string, values: ReadonlyMap<string, number>) =>
  [...values].map(([labels, value]) => `${name}${labels} ${value}\n`).join('')

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${escaped(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join()}}`
}

const escaped = (value: string) =>
  value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
