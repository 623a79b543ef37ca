/** Debian's Chromium without a window, spoken to through its own pipe: what a browser makes of what we answer. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'

/** False where the Debian package chromium is not installed. */
export function hasChromium(): boolean {
  return spawnSync('chromium', ['--version']).status === 0
}

export const CHROMIUM = 'Chromium (Debian package chromium)'

const OPTIONS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--no-first-run',
  '--autoplay-policy=no-user-gesture-required',
  '--remote-debugging-pipe',
]

export interface Played {
  readonly error: string | null
  readonly width: number
  readonly height: number
  /** Seconds. */
  readonly duration: number
  /** Where it stood when it had ended. */
  readonly at: number
  readonly frames: number
}

export interface Chromium {
  /** Plays a file to its end. @param tag which element plays it */
  play(body: Uint8Array, type: string, tag?: 'video' | 'audio'): Promise<Played>
  close(): Promise<void>
}

export async function openChromium(): Promise<Chromium> {
  const files = await serveFiles()
  const folder = mkdtempSync(join(tmpdir(), 'mediamorph-chromium-'))
  const child = spawn('chromium', [...OPTIONS, `--user-data-dir=${folder}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  })
  const [, , , input, output] = child.stdio as unknown as [null, null, null, Writable, Readable]
  const call = speak(input, output)
  const { targetId } = await call<{ targetId: string }>('Target.createTarget', { url: files.url })
  const { sessionId } = await call<{ sessionId: string }>('Target.attachToTarget', {
    targetId,
    flatten: true,
  })

  return {
    async play(body, type, tag = 'video') {
      const expression = `(${playInPage.toString()})(${JSON.stringify(files.put(body, type))}, '${tag}')`
      const { result, exceptionDetails } = await call<{
        result: { value: Played }
        exceptionDetails?: { text: string }
      }>('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true }, sessionId)
      if (exceptionDetails) throw new Error(exceptionDetails.text)
      return result.value
    },
    async close() {
      const gone = new Promise((resolve) => child.once('exit', resolve))
      await call('Browser.close', {}).catch(() => undefined)
      child.kill('SIGKILL')
      await gone
      await files.close()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

type Call = <T>(method: string, params: object, sessionId?: string) => Promise<T>

/** Messages are JSON, each followed by a zero byte. */
function speak(input: Writable, output: Readable): Call {
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>()
  let last = 0
  let rest = ''
  output.setEncoding('utf8').on('data', (text: string) => {
    const messages = (rest + text).split('\0')
    rest = messages.pop() ?? ''
    for (const message of messages) {
      const { id, result, error } = JSON.parse(message)
      const one = waiting.get(id)
      waiting.delete(id)
      if (error) one?.reject(new Error(error.message))
      else one?.resolve(result as never)
    }
  })
  output.on('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('Chromium has gone'))
  })
  input.on('error', () => undefined)
  return (method, params, sessionId) =>
    new Promise((resolve, reject) => {
      last += 1
      waiting.set(last, { resolve, reject })
      input.write(`${JSON.stringify({ id: last, method, params, sessionId })}\0`)
    })
}

async function serveFiles() {
  const files = new Map<string, { body: Uint8Array; type: string }>()
  const server = createServer((request, response) => {
    const file = files.get(request.url ?? '')
    response.setHeader('content-type', file?.type ?? 'text/html')
    response.end(file?.body ?? '<!doctype html><title>player</title>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    put(body: Uint8Array, type: string): string {
      const name = `/${files.size}`
      files.set(name, { body, type })
      return name
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

/** Runs in the page: it may use nothing from here. */
function playInPage(url: string, tag: 'video' | 'audio'): Promise<Played> {
  interface Player {
    src: string
    muted: boolean
    error: { message: string } | null
    videoWidth?: number
    videoHeight?: number
    duration: number
    currentTime: number
    playbackRate: number
    play(): Promise<void>
    getVideoPlaybackQuality?(): { totalVideoFrames: number }
    addEventListener(name: string, listener: () => void): void
  }
  const page = (globalThis as unknown as { document: { createElement(tag: string): Player } }).document
  const player = page.createElement(tag)
  return new Promise((resolve) => {
    const tell = () =>
      resolve({
        error: player.error?.message ?? null,
        width: player.videoWidth ?? 0,
        height: player.videoHeight ?? 0,
        duration: player.duration,
        at: player.currentTime,
        frames: player.getVideoPlaybackQuality?.().totalVideoFrames ?? 0,
      })
    player.addEventListener('ended', tell)
    player.addEventListener('error', tell)
    setTimeout(tell, 15_000)
    player.muted = true
    player.src = url
    player.play().catch(() => undefined)
  })
}
