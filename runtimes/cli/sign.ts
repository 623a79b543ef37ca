import { loadConfig } from '../../src/index.ts'
import { signUrl } from '../../src/client.ts'
import { readDocument } from '../server/document.ts'
import { UsageError, type Command } from './command.ts'

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

export const sign: Command = {
  summary: 'Sign an address with MEDIAMORPH_SECRET (of another host: MEDIAMORPH_EXTERNAL_SECRET)',
  usage: 'URL [--exp 1h] [--kid ID]',
  flags: {
    exp: { value: '<when>', help: 'Dead after this: 90s, 15m, 1h, 7d from now, or Unix seconds' },
    kid: { value: '<id>', help: 'Which key of the ring; default the first' },
  },
  async run({ words, flags }) {
    const [url] = words
    if (url === undefined || words.length > 1) throw new UsageError('sign: expected one address')
    const { publicUrl } = loadConfig({ document: await readDocument(process.env), env: process.env })
    const secret = secretFor(url, publicUrl, process.env)
    const { exp, kid } = flags
    const signed = await signUrl(url, secret, {
      ...(exp !== undefined && { exp: toUnixSeconds(exp) }),
      ...(kid !== undefined && { kid }),
      // What stands before the service's own path is not signed.
      ...(publicUrl !== undefined && url.startsWith(publicUrl) && { base: publicUrl }),
    })
    process.stdout.write(`${signed}\n`)
    return 0
  },
}

/** Addresses on other hosts have a secret of their own, where one is set. */
function secretFor(url: string, publicUrl: string | undefined, env: NodeJS.ProcessEnv): string {
  const path = publicUrl !== undefined && url.startsWith(publicUrl) ? url.slice(publicUrl.length) : url
  const { pathname } = new URL(path, 'http://mediamorph.invalid')
  const external = ELSEWHERE.test(pathname) ? env['MEDIAMORPH_EXTERNAL_SECRET'] : undefined
  const secret = external || env['MEDIAMORPH_SECRET']
  if (!secret) throw new Error('MEDIAMORPH_SECRET: not set, and there is no signing without a secret')
  return secret
}
const ELSEWHERE = /^\/external\/v3\/|^\/cdn-cgi\/(?:image|media)\/[^/]+\/https?(?::|%3a)/i

export function toUnixSeconds(text: string, now = Date.now()): number {
  const match = /^(\d+)([smhd]?)$/.exec(text)
  if (!match) throw new UsageError(`--exp: expected 90s, 15m, 1h, 7d or Unix seconds, got ${text}`)
  const unit = UNITS[match[2] ?? '']
  return unit === undefined ? Number(match[1]) : Math.floor(now / 1000) + Number(match[1]) * unit
}
