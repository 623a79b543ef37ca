/** The modules that are built here: what each is made of, as one hash over names and contents. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'

/** Folders end with a slash: their sources, headers and patches count. */
export const OWN_MODULES = {
  core: {
    licence: 'Apache-2.0; libwebp: BSD-3-Clause; libdeflate, emscripten (headers), wasi-libc: MIT',
    sources: [
      'core/Makefile',
      'core/src/',
      'core/src/jpeg/',
      'core/src/png/',
      'core/src/animation/',
      'core/src/gif/',
      'core/patches/',
    ],
  },
  dav1d: {
    licence: 'Apache-2.0; dav1d: BSD-2-Clause; wasi-libc: MIT',
    sources: [
      'dav1d/Makefile',
      'dav1d/src/',
      'dav1d/src/compat/',
      'dav1d/src/compat/dav1d/',
      'dav1d/patches/',
      ...['core.h', 'memory.c', 'simd.h', 'walk.h'].map((name) => `core/src/${name}`),
      ...['picture', 'scaler', 'taps', 'view'].flatMap((name) => [
        `core/src/${name}.c`,
        `core/src/${name}.h`,
      ]),
    ],
  },
  aom: {
    licence: 'Apache-2.0; libaom: BSD-2-Clause, AOM Patent License 1.0; SIMDe (headers), wasi-libc: MIT',
    sources: [
      'module.mk',
      'aom/Makefile',
      'aom/wasm.cmake',
      'aom/src/',
      'aom/src/compat/',
      'aom/patches/',
      'core/src/core.h',
      'core/src/memory.c',
    ],
  },
  'jpeg-turbo': {
    licence: 'Apache-2.0; libjpeg-turbo: IJG, BSD-3-Clause; wasi-libc: MIT',
    sources: [
      'module.mk',
      'jpeg-turbo/Makefile',
      'jpeg-turbo/src/',
      'core/src/core.h',
      'core/src/input.c',
      'core/src/input.h',
      'core/src/memory.c',
    ],
  },
  lcms2: {
    licence: 'Apache-2.0; lcms2, wasi-libc: MIT; FOGRA39L: Zlib',
    sources: [
      'module.mk',
      'lcms2/Makefile',
      'lcms2/press.mjs',
      'lcms2/src/',
      'lcms2/patches/',
      'core/src/core.h',
      'core/src/memory.c',
    ],
  },
}

const home = new URL('./', import.meta.url)

export const hashOf = (bytes) => createHash('sha256').update(bytes).digest('hex')

export function hashOfSources(name) {
  const names = OWN_MODULES[name].sources.flatMap((path) => (path.endsWith('/') ? filesIn(path) : [path]))
  const lines = names.toSorted().map((path) => `${path} ${hashOf(readFileSync(new URL(path, home)))}\n`)
  return hashOf(lines.join(''))
}

const filesIn = (folder) =>
  readdirSync(new URL(folder, home))
    .filter((name) => /\.(c|h|patch)$/.test(name))
    .map((name) => folder + name)
