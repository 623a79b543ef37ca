/** Asks /healthz every 20 ms from a thread of its own, so that a busy client is not mistaken for a busy service. */
import { Agent, get } from 'node:http'
import { parentPort, workerData } from 'node:worker_threads'

const EVERY_MS = 20
const { url } = workerData as { url: string }
const agent = new Agent({ keepAlive: true, maxSockets: 64 })
const times: number[] = []
let failures = 0

function probe(): void {
  const started = performance.now()
  const request = get(`${url}/healthz`, { agent, timeout: 5000 }, (response) => {
    response.resume()
    response.on('end', () => {
      times.push(performance.now() - started)
      if (response.statusCode !== 200) failures++
    })
  })
  request.on('timeout', () => request.destroy(new Error('no answer')))
  request.on('error', () => failures++)
}

const timer = setInterval(probe, EVERY_MS)
parentPort?.once('message', () => {
  clearInterval(timer)
  agent.destroy()
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort?.postMessage({ times, failures })
  parentPort?.close()
})
