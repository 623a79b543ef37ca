/** The classifier that is configured, ready to judge. */
import { isMediaError } from '../../error.ts'
import type { SafeFetch } from '../../lib/safe-fetch.ts'
import type { Platform, Workers } from '../../platform.ts'
import type { Classifier } from '../classifier.ts'
import type { NetRef } from './classify-task.ts'
import { createHttpClassifier } from './http-classifier.ts'
import type { LookRules } from './look.ts'
import { createNetClassifier, tryNet } from './net-classifier.ts'
import type { PixelOrder } from './pixels.ts'

export interface ClassifierSettings {
  readonly classifier: 'off' | 'builtin' | 'http' | 'onnx'
  readonly http?:
    | {
        readonly url: string
        readonly headers: Readonly<Record<string, string>>
        readonly timeoutMs: number
        readonly version: string
      }
    | undefined
  readonly onnx?: { readonly path: string; readonly pixels: PixelOrder } | undefined
}

export interface ClassifierDeps {
  readonly workers: Workers
  readonly safeFetch: SafeFetch
  readonly rules: LookRules
  readonly hashFile: Platform['hashFile']
}

/** The network that comes along, by the hash of `wasm/nsfw/weights.bin`. */
export const BUILTIN_VERSION = '8e7dddbb16acacc1'

/** Undefined where nobody judges. @throws Error with a sentence for the operator */
export async function openClassifier(
  { classifier, http, onnx }: ClassifierSettings,
  { hashFile, safeFetch, ...deps }: ClassifierDeps,
): Promise<Classifier | undefined> {
  if (classifier === 'http' && http) return createHttpClassifier({ ...http, safeFetch, ...deps })
  if (classifier === 'onnx' && onnx) {
    const net: NetRef = { name: 'onnx', ...onnx }
    const version = await hashOf(onnx.path, hashFile)
    await requireNet(net, deps.workers)
    return createNetClassifier({ net, version, ...deps })
  }
  if (classifier === 'off') return undefined
  return createNetClassifier({ net: { name: 'builtin', pixels: 'rgb' }, version: BUILTIN_VERSION, ...deps })
}

async function hashOf(path: string, hashFile: Platform['hashFile']): Promise<string> {
  if (!hashFile) throw new Error('there are no files here')
  try {
    return await hashFile(path)
  } catch (cause) {
    throw new Error(`${path} cannot be read`, { cause })
  }
}

/** What is missing is said before anybody waits for a picture. */
async function requireNet(net: NetRef, workers: Workers): Promise<void> {
  try {
    await tryNet(net, workers)
  } catch (error) {
    const cause = isMediaError(error) ? error.cause : error
    throw new Error(cause instanceof Error ? cause.message : String(cause).replace(/^Error: /, ''), {
      cause: error,
    })
  }
}
