import { serve } from '@hono/node-server'
import { Hono } from 'hono'
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

const app = new Hono()
app.get('/', (c) => c.html('<img src="/media/photos/photo.jpg?width=320" alt="">'))
app.mount('/media', media.fetch)

const server = serve(
  { fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env.PORT ?? 3000) },
  ({ port }) => console.log(`listening on http://127.0.0.1:${port}/`),
)

process.on('SIGTERM', () => {
  server.close(async () => {
    await media.close()
    process.exit(0)
  })
})
