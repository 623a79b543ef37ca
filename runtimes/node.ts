/** Mediamorph on Node. Imported, the service bound to this runtime; started (built: Node 20 runs no TypeScript), a server. */
import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ConfigInput } from '../src/index.ts'
import { bindMediamorph, type BoundMediamorph } from './server/adapt.ts'
import { nodePeerOf, openNodeDoor, openNodePlatform } from './server/node-door.ts'
import { start } from './server/start.ts'

export * from '../src/index.ts'
export type { BoundMediamorph }

/** @see createMediamorph in `src/index.ts`; `fetch` takes `@hono/node-server`'s arguments, or those of a framework's mount */
export function createMediamorph(config?: ConfigInput): BoundMediamorph {
  return bindMediamorph(config, openNodePlatform(), nodePeerOf)
}

function isMain(): boolean {
  const started = process.argv[1]
  return started !== undefined && realpathSync(started) === fileURLToPath(import.meta.url)
}

if (isMain()) void start(openNodeDoor())
