/** A batch that is work for the processor, by one worker process and by two. */
import sharp from 'sharp'
import { photograph } from '../../../scripts/stage/media.ts'
import { sleep, startService, type Service } from '../../../scripts/stage/service.ts'
import { createWorkspace } from '../../../scripts/stage/workspace.ts'

const KEY = 'key-of-the-bench'
const JOBS = 24

/** Seconds from the first order to the last end. */
export async function batchSeconds(
  runtime: string,
  workers: number,
  databaseEnv: Readonly<Record<string, string>>,
): Promise<number> {
  sharp.concurrency(1)
  const workspace = await createWorkspace(
    { 'photo.jpg': await photograph(2000, 1500) },
    {
      document: {
        jobs: { concurrency: 1 },
        limits: { concurrency: 1 },
        rateLimit: { jobs: { limit: 0 }, keys: { limit: 0 } },
      },
      env: { MEDIAMORPH_API_KEY: KEY, ...databaseEnv },
    },
  )
  const services: Service[] = []
  const command = ['npm', 'run', '--silent', `start:${runtime}`] as const
  const begin = async (role: string) => {
    const env = { ...workspace.env, MEDIAMORPH_ROLE: role }
    services.push(await startService({ command, env, health: '/readyz' }))
  }
  try {
    await begin('server')
    await Promise.all(Array.from({ length: workers }, () => begin('worker')))
    const [server] = services as [Service]
    // Every module compiled, in every worker.
    await batch(server, 4 * workers, 300)
    return await batch(server, JOBS, 700)
  } finally {
    for (const service of services) await service.kill()
    await workspace.remove()
  }
}

async function batch({ url }: Service, jobs: number, width: number): Promise<number> {
  const headers = { 'x-api-key': KEY }
  const begun = performance.now()
  const ids = await Promise.all(
    Array.from({ length: jobs }, async (_, n) => {
      const options = { width: width + n, format: 'webp', effort: 6 }
      const body = JSON.stringify({ type: 'render', source: '/files/photo.jpg', options })
      const answer = await fetch(`${url}/api/jobs`, { method: 'POST', headers, body })
      await answer.arrayBuffer()
      if (answer.status !== 202) throw new Error(`an order was answered ${answer.status}`)
      return answer.headers.get('x-job-id')
    }),
  )
  const left = new Set(ids)
  while (left.size > 0) {
    for (const id of left) {
      const answer = await fetch(`${url}/api/jobs/${id}`, { headers })
      const { status } = (await answer.json()) as { status: string }
      if (status === 'failed') throw new Error('a job failed')
      if (status === 'completed') left.delete(id)
      else break
    }
    await sleep(20)
  }
  return (performance.now() - begun) / 1000
}
