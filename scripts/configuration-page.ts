/** Writes `docs/configuration.md` from the schema that the service runs on: `bun scripts/configuration-page.ts`. */
import { configSchema } from '../src/config/config.ts'
import { toJsonSchema } from '../src/config/issues.ts'
import { SECRET_VARIABLES } from '../src/config/secrets.ts'
import { variablesSchema } from '../src/config/variables.ts'

interface Node {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly properties?: Readonly<Record<string, Node>>
  readonly items?: Node
  readonly additionalProperties?: Node | boolean
  readonly anyOf?: readonly Node[]
  readonly oneOf?: readonly Node[]
}

const LATER = 'Not available in this version. '

/** The whole page, a table row for each field. */
export function configurationPage(): string {
  const rows = rowsOf(toJsonSchema(configSchema) as Node, '')
  const now = rows.filter((row) => !row.text.startsWith(LATER))
  const later = rows.filter((row) => row.text.startsWith(LATER))
  const variables = Object.entries((toJsonSchema(variablesSchema) as Node).properties ?? {})
  const secrets = Object.values(SECRET_VARIABLES)
  return `${HEAD}
## Fields

| field | values | default | meaning |
| --- | --- | --- | --- |
${now.map(({ path, type, fallback, text }) => `| \`${path}\` | ${type} | ${fallback} | ${text} |`).join('\n')}

## Fields of features to come

Accepted at the value that means "off", refused otherwise.

| field | accepted | meaning |
| --- | --- | --- |
${later.map(({ path, fallback, text }) => `| \`${path}\` | ${fallback} | ${text.slice(LATER.length)} |`).join('\n')}

## Environment variables

They win over the document.

| variable | default | meaning |
| --- | --- | --- |
| \`MEDIAMORPH_CONFIG\` | | Path of the document |
${variables.map(([name, node]) => `| \`${name}\` | \`${String(node.default)}\` | ${node.description ?? ''} |`).join('\n')}
| \`DATABASE_URL\` | | Instead of \`database\` |
| \`REDIS_URL\` | | Instead of \`rateLimit.store\` and \`queue\` |
| \`S3_ENDPOINT\` | | Address of the object store that mounts \`s3:BUCKET\` lie in |
| \`S3_REGION\` | \`auto\` | Its region |
| \`S3_ACCESS_KEY_ID\`, \`S3_SECRET_ACCESS_KEY\` | | Its keys; without them requests of \`assets\`, \`static\` and \`internal\` are not signed |

## Secrets

They come from the environment only and are never printed.

| variable | meaning |
| --- | --- |
${secrets.map(([name, use]) => `| \`${name}\` | ${use} |`).join('\n')}
`
}

const HEAD = `<!-- Written by scripts/configuration-page.ts: do not edit. -->
# Configuration

One JSON document with comments and trailing commas. \`MEDIAMORPH_CONFIG\` names it; an application passes an object
instead (\`defineConfig\` types it). Every field has a default, but there must be
something to serve: \`origins\`, \`assets\`, \`static\` or \`external\`. A document with a fault is refused as a
whole, and each fault is named with the path of its field. \`\${env:NAME}\` in any string stands for an environment
variable. Without a document the service shows its samples at \`/demo/…\`, on this machine only.

\`\`\`jsonc
{
  "origins": [
    {
      "name": "files",
      "match": "^/files/(?<key>.+)$",
      "access": "public",
      "sources": [{ "type": "storage", "mount": "fs:./media", "key": "\${key}" }],
    },
  ],
}
\`\`\`

A document that listens on anything but loopback needs \`MEDIAMORPH_SECRET\` or a stated \`access\` on every origin.
`

interface Row {
  readonly path: string
  readonly type: string
  readonly fallback: string
  readonly text: string
}

function rowsOf(node: Node, path: string): Row[] {
  const children = Object.entries(node.properties ?? {}).filter(([name]) => name !== '$schema')
  return children.flatMap(([name, child]) => rowsOfField(child, path === '' ? name : `${path}.${name}`))
}

function rowsOfField(node: Node, path: string): Row[] {
  const text = cell(node.description ?? '')
  if (node.properties) {
    const own = text === '' ? [] : [{ path, type: 'object', fallback: '', text }]
    return [...own, ...rowsOf(node, path)]
  }
  const variants = node.items?.oneOf ?? (node.items?.properties ? [node.items] : [])
  const list: Row = { path, type: typeOf(node), fallback: show(node.default), text }
  return [list, ...variants.flatMap((variant) => rowsOf(variant, `${path}[]${tagOf(variant)}`))]
}

function tagOf({ properties }: Node): string {
  const type = (properties?.['type'] ?? properties?.['preset'])?.const
  return type === undefined ? '' : ` (${String(type)})`
}

function typeOf(node: Node): string {
  if (node.const !== undefined) return show(node.const)
  if (node.enum) return node.enum.map(show).join(' ')
  if (node.anyOf) return node.anyOf.map(typeOf).join(' or ')
  if (node.items)
    return `list of ${node.items.oneOf || node.items.properties ? 'objects' : typeOf(node.items)}`
  if (node.type === 'object') return 'map'
  const unbounded = node.maximum === undefined || node.maximum >= Number.MAX_SAFE_INTEGER
  const range =
    node.minimum === undefined
      ? ''
      : unbounded
        ? ` from ${node.minimum}`
        : ` ${node.minimum} to ${node.maximum}`
  return `${[node.type ?? 'any'].flat().join(' or ')}${range}`
}

function show(value: unknown): string {
  return value === undefined ? '' : `\`${cell(JSON.stringify(value))}\``
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

if (process.argv[1]?.endsWith('configuration-page.ts')) {
  const { writeFile } = await import('node:fs/promises')
  await writeFile(new URL('../docs/configuration.md', import.meta.url), configurationPage())
}
