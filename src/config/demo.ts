/** The configuration when there is none: the bundled samples, unsigned, for this machine only. */
import type { ConfigInput } from './config.ts'

export const DEMO: ConfigInput = {
  origins: [
    {
      name: 'demo',
      match: '^/demo/(?<key>.+)$',
      access: 'public',
      sources: [{ type: 'storage', mount: 'samples:', key: '${key}' }],
    },
  ],
}
