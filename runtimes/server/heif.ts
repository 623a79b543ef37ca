import type { HeifFactory } from '../../src/index.ts'

/** The optional peer dependency, where it is installed. Rejects elsewhere. */
export async function loadHeif(): Promise<HeifFactory> {
  // A name that no compiler follows: without the package everything else must build and run.
  const name = 'libheif-js/libheif-wasm/libheif-bundle.mjs'
  return ((await import(name)) as { default: HeifFactory }).default
}
