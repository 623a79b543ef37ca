/** The least that a server of this runtime can do: the same bytes for every request, with their type and length. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

const { PORT, HOST, BYTES } = process.env
const bytes = new Uint8Array(readFileSync(BYTES))
const headers = { 'content-type': 'image/jpeg', 'content-length': String(bytes.length) }

if (globalThis.Bun) {
  globalThis.Bun.serve({ port: Number(PORT), hostname: HOST, fetch: () => new Response(bytes, { headers }) })
} else {
  createServer((_, response) => response.writeHead(200, headers).end(bytes)).listen(Number(PORT), HOST)
}
