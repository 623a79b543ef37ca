import { createMediamorph } from 'mediamorph'

const media = createMediamorph({
  origins: [
    {
      name: 'photos',
      match: '^/photos/(?<key>.+)$',
      access: 'public',
      sources: [{ type: 'storage', mount: `fs:${Deno.env.get('PHOTOS') ?? './photos'}`, key: '${key}' }],
    },
  ],
})

const server = Deno.serve({ hostname: '127.0.0.1', port: Number(Deno.env.get('PORT') ?? 3000) }, media.fetch)

Deno.addSignalListener('SIGTERM', async () => {
  await server.shutdown()
  await media.close()
  Deno.exit(0)
})
