/** Several processes of one service that are killed one by one, at random moments, and started again. */
import type { Random } from '../../test/support/mutate.ts'
import { sleep, startService, type Service, type ServiceOptions } from './service.ts'

export interface Fleet {
  /** A server that is there now; undefined while none is. */
  server(): Service | undefined
  /** Kills until `until` (milliseconds since the epoch); returns how often. All are there again afterwards. */
  killUntil(until: number): Promise<number>
  /** SIGKILL to what is left of it. */
  end(): Promise<void>
}

export interface FleetOptions {
  readonly command: ServiceOptions['command']
  readonly env: ServiceOptions['env']
  readonly roles: readonly ('server' | 'worker')[]
  readonly random: Random
}

/** Milliseconds between two kills. */
const [LEAST_MS, SPREAD_MS] = [600, 1800]

export async function startFleet({ command, env, roles, random }: FleetOptions): Promise<Fleet> {
  const begin = (role: string) =>
    startService({ command, env: { ...env, MEDIAMORPH_ROLE: role }, health: '/readyz' })
  const all = new Map<number, Service>()
  const life = { isOver: false }
  await Promise.all(roles.map(async (role, place) => all.set(place, await begin(role))))

  async function replace(place: number): Promise<void> {
    const victim = all.get(place)
    all.delete(place)
    await victim?.kill()
    const next = await begin(roles[place] ?? 'worker')
    if (life.isOver) await next.kill()
    else all.set(place, next)
  }

  return {
    server() {
      const servers = [...all].filter(([place]) => roles[place] === 'server')
      return servers[random(Math.max(1, servers.length))]?.[1]
    },
    async killUntil(until) {
      const starting: Promise<void>[] = []
      let kills = 0
      while (Date.now() < until) {
        await sleep(LEAST_MS + random(SPREAD_MS))
        const there = [...all.keys()]
        if (there.length === 0) continue
        kills++
        starting.push(replace(there[random(there.length)] ?? 0))
      }
      await Promise.all(starting)
      return kills
    },
    async end() {
      life.isOver = true
      await Promise.all([...all.values()].map((service) => service.kill()))
    },
  }
}
