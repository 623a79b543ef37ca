/** A folder of originals and the configuration that serves it, gone when the stage is over. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Workspace {
  readonly env: Readonly<Record<string, string>>
  readonly folder: string
  remove(): Promise<void>
}

export interface WorkspaceOptions {
  /** Origins besides; `MEDIA` stands for the folder of the originals. */
  readonly origins?: readonly object[]
  /** Other parts of the document. */
  readonly document?: Readonly<Record<string, unknown>>
  readonly env?: Readonly<Record<string, string>>
}

/** Serves `files` at `/files/<name>`, unsigned; `/files/~<number>/<name>` are the same ones by other names. */
export async function createWorkspace(
  files: Readonly<Record<string, Uint8Array>>,
  { origins = [], document = {}, env = {} }: WorkspaceOptions = {},
): Promise<Workspace> {
  const folder = await mkdtemp(join(tmpdir(), 'mediamorph-'))
  await mkdir(join(folder, 'media'))
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, 'media', name), bytes)
  const config = {
    origins: [
      {
        name: 'files',
        match: '^/files/(?:~[0-9]+/)?(?<key>.+)$',
        access: 'public',
        sources: [{ type: 'storage', mount: `fs:${join(folder, 'media')}`, key: '${key}' }],
      },
      ...origins,
    ],
    storage: {
      cache: `fs:${join(folder, 'cache')}`,
      cacheMaxBytes: 268_435_456,
      memoryMaxBytes: 67_108_864,
    },
    database: `sqlite:${join(folder, 'index.db')}`,
    ...document,
  }
  const path = join(folder, 'config.json')
  await writeFile(path, JSON.stringify(config).replaceAll('fs:MEDIA', `fs:${join(folder, 'media')}`))
  return {
    folder,
    env: { MEDIAMORPH_CONFIG: path, LOG_LEVEL: 'error', ...env },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
