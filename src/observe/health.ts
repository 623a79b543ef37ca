/** Readiness: every dependency named, each asked at most so often and for so long. */

export interface Dependency {
  readonly name: string
  /** Without it the service still answers: it is named when it is down, and that is all. */
  readonly isOptional?: boolean
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
    dependencies.map(async ({ name, check, isOptional = false }) => {
      const error = await outcome(check, timeoutMs)
      const said = error === undefined ? { ok: true } : { ok: false, error }
      return { name, said, isReady: said.ok || isOptional }
    }),
  )
  return {
    ready: entries.every(({ isReady }) => isReady),
    checks: Object.fromEntries(entries.map(({ name, said }) => [name, said])),
  }
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
