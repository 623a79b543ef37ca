/** Who is measured, and how each is asked for the same picture. */
import { startService, type Service } from '../../scripts/stage/service.ts'
import type { Workspace } from '../../scripts/stage/workspace.ts'

export interface Task {
  readonly photo: string
  readonly width: number
  readonly format: 'jpeg' | 'webp'
  readonly quality: number
}

export interface Contender {
  readonly name: string
  start(workspace: Workspace): Promise<Service>
  path(task: Task): string
}

function mediamorph(runtime: string): Contender {
  return {
    name: `mediamorph, ${runtime}`,
    start: ({ env }) => startService({ command: ['npm', 'run', '--silent', `start:${runtime}`], env }),
    path: ({ photo, width, format, quality }) =>
      `/files/${photo}?width=${width}&format=${format}&quality=${quality}`,
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
  path: ({ photo, width, format, quality }) => `/w_${width},f_${format},q_${quality}/${photo}`,
}

/** The last one is what the others are compared with. */
export function contenders(runtimes: readonly string[]): readonly Contender[] {
  return [...runtimes.map(mediamorph), ipx]
}
