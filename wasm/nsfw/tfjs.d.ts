/** TensorFlow.js with one kind of network in mind; see entry.mjs. */

export interface ModelParts {
  /** `tfjs.wasm` */
  readonly module: WebAssembly.Module
  /** `model.json` */
  readonly model: object
  /** `weights.bin` */
  readonly weights: ArrayBuffer
}

/** @returns 224x224x3 floats in, scores of classes out; computes before it returns */
export function openModel(parts: ModelParts): Promise<(pixels: Float32Array<ArrayBuffer>) => Float32Array>
