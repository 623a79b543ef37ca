import { createMediamorph } from 'mediamorph'

const media = createMediamorph({
  origins: [
    {
      name: 'photos',
      match: '^/photos/(?<key>.+)$',
      access: 'public',
      sources: [{ type: 'storage', mount: 'r2:PHOTOS', key: '${key}' }],
    },
  ],
  storage: { cache: 'r2:CACHE' },
  database: 'd1:INDEX',
  queue: 'cloudflare:JOBS',
})

export default { fetch: media.fetch, queue: media.queue, scheduled: media.scheduled }
