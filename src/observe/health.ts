/** Readiness: every dependency named, each asked at most so often and for so long. */

export interface Dependency {
  readonly name: string
  /** Resolves when it can be used. */
  check(): Promise<void>
}

export interface Readiness {
  readonly ready: boolean
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly error?: string }>>
}

/** Asks all at once; one that does not answer within `timeoutMs` is down. Messages are short and name no secrets. */
export async function checkReadiness(
  dependencies: readonly Dependency[],
  timeoutMs: number,
): Promise<Readiness> {
  const entries = await Promise.all(
    dependencies.map(async ({ name, check }) => {
      const error = await outcome(check, timeoutMs)
      return [name, error === undefined ? { ok: true } : { ok: false, error }] as const
    }),
  )
  return { ready: entries.every(([, { ok }]) => ok), checks: Object.fromEntries(entries) }
}

async function outcome(check: () => Promise<void>, timeoutMs: number): Promise<string | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer in ${timeoutMs} ms`), timeoutMs)
  })
  const asked = check().then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : 'failed'),
  )
  try {
    return await Promise.race([asked, late])
  } finally {
    clearTimeout(timer)
  }
}
