/** Networks among the modules of a Worker. */
import type { Config, Fault, NetLoaders } from '../../src/index.ts'
import type { Modules } from './bind.ts'

/** Why a Worker is without one. */
export const LACKS = {
  builtin:
    '"builtin" is not among the modules of this Worker: add those of mediamorph/workers/nsfw, or choose "http"',
  onnx: '"onnx" does not exist on Workers: choose "builtin" or "http"',
} as const

export function netsOf({ nets }: Modules): NetLoaders {
  return nets === undefined || nets instanceof WebAssembly.Module ? {} : nets
}

/** Of the classifier, where all modules are there. */
export function netFaults({ nsfw: { classifier } }: Config): Fault[] {
  return classifier === 'onnx' ? [{ path: 'nsfw.classifier', message: LACKS.onnx }] : []
}
