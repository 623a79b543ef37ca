/** Writes `docs/errors.md` from the table that the service runs on: `npx bun scripts/errors-page.ts`. */
import { ERRORS } from '../src/error.ts'

interface Row {
  readonly status: number
  readonly message: string
  readonly report?: boolean
  readonly retry?: boolean
}

/** The whole page. */
export function errorsPage(): string {
  const rows = Object.entries<Row>(ERRORS).map(
    ([code, { status, message, report, retry }]) =>
      `| ${status} | \`${code}\` | ${message} | ${retry ? 'yes' : ''} | ${report ? 'yes' : ''} |\n`,
  )
  return `${HEAD}${rows.join('')}`
}

const HEAD = `<!-- Written by scripts/errors-page.ts: do not edit. -->
# Errors

Every failure is JSON with a code from this table, whatever was asked for:

\`\`\`json
{
  "error": {
    "code": "LIMIT_EXCEEDED",
    "message": "pixels is 268435456, the maximum is 100000000",
    "details": { "limit": "pixels", "value": 268435456, "maximum": 100000000 },
    "requestId": "0b0e3a5c-8b1c-4b0e-9f5f-0d6a5b3c2a10"
  }
}
\`\`\`

\`message\` is for people and may change; \`code\` does not. The message says what failed in this case; below is what it
says when there is nothing to add. "May pass" marks what the same request may not meet again: it is never remembered,
and a \`Retry-After\` header, where there is one, says when to try. "Ours" marks faults of the service or its operator:
they are logged as errors, and the answer shows nothing of the inside.

| status | code | message | may pass | ours |
| --- | --- | --- | --- | --- |
`

if (process.argv[1]?.endsWith('errors-page.ts')) {
  const { writeFile } = await import('node:fs/promises')
  await writeFile(new URL('../docs/errors.md', import.meta.url), errorsPage())
}
