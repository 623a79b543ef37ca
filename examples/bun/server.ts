import { createMediamorph } from 'mediamorph'

const media = createMediamorph({
  origins: [
    {
      name: 'photos',
      match: '^/photos/(?<key>.+)$',
      access: 'public',
      sources: [{ type: 'storage', mount: `fs:${process.env.PHOTOS ?? './photos'}`, key: '${key}' }],
    },
  ],
})

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: Number(process.env.PORT ?? 3000),
  idleTimeout: 255,
  fetch: media.fetch,
})

console.log(`listening on ${server.url}`)

process.on('SIGTERM', async () => {
  await server.stop()
  await media.close()
  process.exit(0)
})
