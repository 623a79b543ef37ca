/** Who is measured, and how each is asked for the same picture. */
import { startService, type Service } from '../../scripts/stage/service.ts'
import type { Workspace } from '../../scripts/stage/workspace.ts'

export interface Task {
  readonly photo: string
  readonly width: number
  readonly format: 'jpeg' | 'webp'
}

export interface Contender {
  readonly name: string
  start(workspace: Workspace): Promise<Service>
  /** Address of one rendition; `n` makes it one that nobody asked for before. */
  path(task: Task, width: number, n: number): string
}

function mediamorph(runtime: string): Contender {
  return {
    name: `mediamorph, ${runtime}`,
    start: ({ env }) => startService({ command: ['npm', 'run', '--silent', `start:${runtime}`], env }),
    path: ({ photo, format }, width, n) =>
      `/files/${photo}?width=${width}&format=${format}&quality=80&v=${n}`,
  }
}

const ipx: Contender = {
  name: 'ipx',
  start: ({ folder }) =>
    startService({
      command: ['node', 'test/bench/ipx-server.mjs'],
      env: { IPX_FOLDER: `${folder}/media` },
      health: '/w_16/small.jpg',
    }),
  path: ({ photo, format }, width, n) => `/w_${width},f_${format},q_80/${photo}?v=${n}`,
}

/** The last one is what the others are compared with. */
export function contenders(runtimes: readonly string[]): readonly Contender[] {
  return [...runtimes.map(mediamorph), ipx]
}
