/** Parameters that never touch the bytes: names, headers, signatures, and the derivative, which stands for others. */
import { ALL, BOOL, NO_ALIASES, oneOf, TEXT, type ParamRow } from './row.ts'

const playback = {
  ...BOOL,
  aliases: NO_ALIASES,
  classes: ['video'] as const,
  role: 'response' as const,
  fallback: 'none',
}

export const RESPONSE_ROWS = {
  derivative: {
    aliases: NO_ALIASES,
    classes: ALL,
    role: 'select',
    parse: parseName,
    fallback: 'none',
    example: 'thumbnail',
    expected: '1 to 64 letters, digits, dashes or underscores',
    control: TEXT,
    doc: 'A configured set of parameters; its values replace explicit ones.',
  },
  loop: { ...playback, doc: 'Sent back as `X-Playback-Loop`.', example: 'true' },
  autoplay: { ...playback, doc: 'Sent back as `X-Playback-Autoplay`.', example: 'true' },
  muted: { ...playback, doc: 'Sent back as `X-Playback-Muted`.', example: 'true' },
  preload: {
    ...playback,
    ...oneOf('none', 'metadata', 'auto'),
    doc: 'Sent back as `X-Playback-Preload`.',
    example: 'metadata',
  },
  filename: {
    aliases: NO_ALIASES,
    classes: ALL,
    role: 'response',
    parse: parseFilename,
    fallback: 'none',
    example: 'holiday.jpg',
    expected: '1 to 120 characters without slashes, quotes or control characters',
    control: TEXT,
    doc: 'Name in Content-Disposition.',
  },
  download: {
    ...BOOL,
    aliases: NO_ALIASES,
    classes: ALL,
    role: 'response',
    fallback: 'false',
    example: 'true',
    doc: 'Answers as an attachment.',
  },
  debug: {
    aliases: NO_ALIASES,
    classes: ALL,
    role: 'response',
    parse: (value: string) => value.slice(0, 32),
    expected: 'any word',
    fallback: 'none',
    example: 'view',
    control: TEXT,
    doc: '`view` answers with diagnostics as JSON; needs the admin token unless `debug.public`.',
  },
  exp: {
    aliases: NO_ALIASES,
    classes: ALL,
    role: 'access',
    parse: (value: string) => value,
    expected: 'unix seconds',
    fallback: 'never',
    example: '1767225600',
    control: TEXT,
    doc: 'When a signed address ends.',
  },
  kid: {
    aliases: NO_ALIASES,
    classes: ALL,
    role: 'access',
    parse: (value: string) => value,
    expected: 'the name of a key',
    fallback: 'all keys are tried',
    example: 'k1',
    control: TEXT,
    doc: 'Which key of the ring has signed.',
  },
  sig: {
    aliases: NO_ALIASES,
    classes: ALL,
    role: 'access',
    parse: (value: string) => value,
    expected: 'a signature',
    fallback: 'none',
    example: '…',
    control: TEXT,
    doc: 'The signature, see [signing.md](signing.md).',
  },
} as const satisfies Record<string, ParamRow>

function parseName(value: string): string | undefined {
  return /^[\w-]{1,64}$/.test(value) ? value : undefined
}

/** Nor characters that turn the direction of writing: they make `exe.gpj` read as another name. */
function parseFilename(value: string): string | undefined {
  return /^[^\p{Cc}\u202a-\u202e\u2066-\u2069/\\"]{1,120}$/u.test(value) ? value : undefined
}
