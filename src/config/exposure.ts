/** Who could reach what: checked before anything listens. */
import type { Config } from './config.ts'
import { ConfigError } from './fault.ts'

/**
 * Refuses to listen on anything but loopback with neither a secret nor an explicit `access` on every origin, and to
 * show the demo to a network.
 *
 * @throws ConfigError
 */
export function checkExposure(config: Config, host: string): void {
  if (isLoopback(host)) return
  if (config.isDemo)
    throw new ConfigError([
      {
        path: 'HOST',
        message: 'the demo is for this machine only: set MEDIAMORPH_CONFIG to listen elsewhere',
      },
    ])
  if (config.secrets.signing) return
  const open = config.origins.flatMap((origin, index) => (origin.accessIsExplicit ? [] : [index]))
  if (open.length === 0) return
  throw new ConfigError(
    open.map((index) => ({
      path: `origins[${index}].access`,
      message: `expected to be stated, or MEDIAMORPH_SECRET to be set, because ${host} is not loopback`,
    })),
  )
}

export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase()
  return bare === 'localhost' || bare === '::1' || /^(?:::ffff:)?127(?:\.\d{1,3}){3}$/.test(bare)
}
