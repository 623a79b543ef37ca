/** The sample page and its own files: only there without a configuration. */
import { MediaError } from '../../error.ts'
import { paramFields } from '../../request/params.ts'
import { DEMO_POLICY, demoPage } from './page.ts'
import { SAMPLES } from './samples.ts'
import { DEMO_JS } from './script.ts'
import { DEMO_CSS } from './style.ts'

const ASSETS: Readonly<Record<string, readonly [type: string, body: string]>> = {
  'demo.css': ['text/css; charset=utf-8', DEMO_CSS],
  'demo.js': ['text/javascript; charset=utf-8', DEMO_JS],
}

export async function demoHome(): Promise<Response> {
  const page = await demoPage({ samples: SAMPLES, fields: paramFields() })
  return answer('text/html; charset=utf-8', page, { 'content-security-policy': DEMO_POLICY })
}

/** @throws NOT_FOUND */
export function demoAsset(pathname: string): Response {
  const name = pathname.slice(pathname.lastIndexOf('/') + 1)
  const asset = Object.hasOwn(ASSETS, name) ? ASSETS[name] : undefined
  if (!asset) throw new MediaError('NOT_FOUND', 'The sample page has no such file')
  return answer(asset[0], asset[1])
}

function answer(type: string, body: string, headers: Record<string, string> = {}): Response {
  return new Response(body, {
    headers: {
      'content-type': type,
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
  })
}
