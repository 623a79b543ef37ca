/** `nsfw`: who judges pictures, and what follows where nothing else is said. */
import * as z from 'zod'

/** Of an origin. */
export const nsfwPolicySchema = z
  .enum(['allow', 'flag', 'block', 'blur'])
  .describe(
    'Unsafe pictures: `allow` (nobody looks), `flag` in `X-NSFW`, `block` with 403, `blur` beyond recognition; default `nsfw.default`; see [nsfw.md](nsfw.md)',
  )

const httpSchema = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/, error: 'expected an http or https address' })
      .refine((text) => !/[#@]/.test(text), 'expected an address without user and fragment')
      .describe('Address that pictures are sent to by POST; its host may be private, on any port'),
    headers: z
      .record(
        z.string().regex(/^[!#$%&'*+.^_`|~\w-]+$/, 'expected the name of a header'),
        z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'expected the value of a header'),
      )
      .default({})
      .describe('Sent along, for example a token: `"authorization": "Bearer ${env:NAME}"`'),
    timeoutMs: z
      .int()
      .min(100)
      .max(60_000)
      .default(5000)
      .describe('Milliseconds for one answer, within `outbound.idleMs`'),
    version: z
      .string()
      .max(128)
      .default('')
      .describe('Any text; another one wherever the model behind the address is another'),
  })
  .optional()
  .describe('With `classifier: "http"`: a service of yours')

const onnxSchema = z
  .strictObject({
    path: z.string().min(1).max(4096).describe('File of the model: 224x224x3 floats in, five classes out'),
    pixels: z
      .enum(['rgb', 'bgr'])
      .default('rgb')
      .describe('What it takes: `rgb` from 0 to 1, or `bgr` less the means 104, 117, 123'),
  })
  .optional()
  .describe('With `classifier: "onnx"`: a model of yours, run by onnxruntime-node or onnxruntime-web')

export const nsfwSchema = z
  .strictObject({
    classifier: z
      .enum(['off', 'builtin', 'http', 'onnx'])
      .default('off')
      .describe('Who judges pictures: nobody, the network that comes along, or one of yours'),
    http: httpSchema,
    onnx: onnxSchema,
    threshold: z.number().min(0).max(1).default(0.85).describe('Probability above which a picture is unsafe'),
    frames: z
      .int()
      .min(1)
      .max(32)
      .default(3)
      .describe('Frames of an animation, or of a video beside its first, that are looked at'),
    onError: z
      .enum(['closed', 'open'])
      .default('closed')
      .describe(
        'What cannot be judged: `closed` as if unsafe, `open` as if safe; `X-NSFW: unknown` says so. `/_metadata` is always `open`',
      ),
    default: nsfwPolicySchema.default('allow').describe('What origins without an `nsfw` of their own do'),
  })
  .prefault({})

export type NsfwSettings = z.output<typeof nsfwSchema>
