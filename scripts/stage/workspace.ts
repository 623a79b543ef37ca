/** A folder of originals and the configuration that serves it, gone when the stage is over. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Workspace {
  readonly env: Readonly<Record<string, string>>
  readonly folder: string
  remove(): Promise<void>
}

/** Serves `files` at `/files/<name>`, unsigned. */
export async function createWorkspace(files: Readonly<Record<string, Uint8Array>>): Promise<Workspace> {
  const folder = await mkdtemp(join(tmpdir(), 'mediamorph-'))
  await mkdir(join(folder, 'media'))
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, 'media', name), bytes)
  const config = {
    origins: [
      {
        name: 'files',
        match: '^/files/(?<key>.+)$',
        access: 'public',
        sources: [{ type: 'storage', mount: `fs:${join(folder, 'media')}`, key: '${key}' }],
      },
    ],
    storage: { cache: `fs:${join(folder, 'cache')}`, memoryMaxBytes: 67_108_864 },
    database: `sqlite:${join(folder, 'index.db')}`,
  }
  const path = join(folder, 'config.json')
  await writeFile(path, JSON.stringify(config))
  return {
    folder,
    env: { MEDIAMORPH_CONFIG: path, LOG_LEVEL: 'error' },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
