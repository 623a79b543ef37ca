/** `codecs` of an origin: which video and sound it serves. */
import * as z from 'zod'

const namesSchema = z.array(z.string().regex(/^[\w./-]{1,32}$/, 'expected the name of a codec')).max(64)
const listSchema = z
  .strictObject({
    allow: namesSchema.optional().describe('These alone; without it all that are not denied'),
    deny: namesSchema.default([]).describe('These not, whatever `allow` says'),
  })
  .optional()

export const codecsSchema = z
  .strictObject({
    video: listSchema.describe(
      'By names such as `h264`, `vp9`, `mpeg4`, or those of a container (`avc1`, `apch`)',
    ),
    audio: listSchema.describe('By names such as `aac`, `opus`, `pcm_s16le`'),
  })
  .optional()
  .describe(
    'Codecs of originals that are served and made into renditions; others are 422 `UNSUPPORTED_CODEC`',
  )
