/** `ffmpeg`: who decodes and encodes video and sound. */
import * as z from 'zod'

export const ffmpegSchema = z
  .strictObject({
    native: z
      .string()
      .min(1)
      .max(4096)
      .default('auto')
      .describe('An installed ffmpeg: `auto` looks for it in PATH, `off`, or its path (Bun, Deno, Node)'),
    wasm: z
      .boolean()
      .default(true)
      .describe(
        'Where that one is missing or cannot: the ffmpeg of the packages @ffmpeg/ffmpeg and @ffmpeg/core (GPL), which you install beside this one; Bun, Deno, Node',
      ),
  })
  .prefault({})
  .describe('Who decodes and encodes video and sound; containers are read without')
