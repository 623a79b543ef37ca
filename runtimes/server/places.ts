/** Where the package's own files lie, seen from `runtimes/server/` (sources) and from `dist/` (built) alike. */
const isSource = import.meta.url.endsWith('.ts')

/** The package's root folder. */
export const PACKAGE_ROOT = new URL(isSource ? '../../' : '../', import.meta.url)

/** The script of a thread of the pool. */
export const THREAD_SCRIPT = new URL(isSource ? './worker-thread.ts' : './worker-thread.js', import.meta.url)

/** The script of a thread that holds an ffmpeg. */
export const FFMPEG_SCRIPT = new URL(
  isSource ? './ffmpeg-wasm/thread.ts' : './ffmpeg-thread.js',
  import.meta.url,
)
