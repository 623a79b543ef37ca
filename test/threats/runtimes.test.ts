/** Section 1, rows 5, 8 and 9: the guard in Node, Bun and Deno alike, with the right Host and TLS name. */
import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { TLSSocket } from 'node:tls'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { serveHttp, serveRaw, serveTls } from '../support/loopback.ts'
import { closeAll, closing } from './stage.ts'

const ROOT = process.cwd()
const FOLDER = join(ROOT, 'node_modules', '.cache', `mediamorph-pinned-${process.pid}`)
const PROGRAM = join(FOLDER, 'pinned.mjs')
const RUNTIMES: Readonly<Record<string, readonly [string, ...string[]]>> = {
  node: [process.execPath],
  bun: [`${ROOT}/node_modules/bun/bin/bun.exe`],
  deno: [`${ROOT}/node_modules/deno/deno`, 'run', '-A', '--no-lock'],
}
const LOOKUPS =
  'pictures.test other.test name.test mixed.test inside.test turning.test turning.test name.test inside.test name.test name.test'.split(
    ' ',
  )
let hits = 0
let ports: number[] = []

beforeAll(async () => {
  await build({
    entryPoints: [new URL('./children/pinned.ts', import.meta.url).pathname],
    outfile: PROGRAM,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  })
  const secure = await serveTls((request, response) =>
    response.end(
      `${request.url} ${request.headers.host} ${String((request.socket as TLSSocket).servername)}`,
    ),
  )
  const plain = await serveHttp((request, response) => {
    hits++
    if (request.url === '/away') response.writeHead(302, { location: 'http://inside.test/' }).end()
    else response.end(`${request.headers.host} ${request.headers.via}`)
  })
  const odd = await serveRaw((socket) => void socket.write('HTTP/1.1 999 No\r\nContent-Length: 9\r\n\r\nx'))
  const packed = gzipSync(Buffer.alloc(48_000_000))
  const bomb = await serveHttp((_, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed),
  )
  ports = [secure, plain, odd, bomb].map((server) => closing(server).port)
})
afterAll(async () => {
  await closeAll()
  await rm(FOLDER, { recursive: true, force: true })
})

test.each(Object.entries(RUNTIMES))('row 5, row 8, row 9: on %s', async (_, [file, ...words]) => {
  hits = 0
  const run = promisify(execFile)
  const { stdout } = await run(file, [...words, PROGRAM, ...ports.map(String)], { cwd: ROOT })
  const [secure, plain] = ports
  const { megabytes, ...said } = JSON.parse(stdout) as { megabytes: number }
  expect(said).toEqual({
    secure: `/a?b=c pictures.test:${secure} pictures.test`,
    stranger: 'SOURCE_FAILED',
    plain: `name.test:${plain} 1.1 mm-child`,
    literal: 'ADDRESS_REFUSED',
    mixed: 'ADDRESS_REFUSED',
    inside: 'ADDRESS_REFUSED',
    turning: [`turning.test:${plain} 1.1 mm-child`, 'ADDRESS_REFUSED'],
    away: 'SOURCE_FAILED',
    odd: 'SOURCE_FAILED',
    bomb: 'SOURCE_TOO_LARGE',
    // Each once: there is no second look-up that could answer otherwise.
    resolved: LOOKUPS,
    inflated: 'refused',
  })
  // Deno unpacks 64 KiB at a time, whatever they hold.
  expect(megabytes).toBeLessThan(200)
  // Of the turning name and of the one that leads away, the first alone.
  expect(hits).toBe(3)
})
