/** Akamai's words for our parameters: one pure translation; explicit canonical values win. */

/** Words that mean another parameter, with a mapping of values where they differ. */
const WORDS: Readonly<
  Record<string, { readonly name: string; readonly values?: Readonly<Record<string, string>> }>
> = {
  impolicy: { name: 'derivative' },
  imformat: { name: 'format', values: { h264: 'mp4' } },
  imdensity: { name: 'dpr' },
  'obj-fit': { name: 'fit', values: { crop: 'cover', fill: 'contain' } },
  start: { name: 'time' },
  dur: { name: 'duration' },
  mute: { name: 'audio', values: { true: 'false', false: 'true', '1': 'false', '0': 'true' } },
}

/** Words that stand for a client hint: they choose a derivative and nothing else. */
export const HINT_WORDS = ['imwidth', 'imheight', 'im-viewwidth', 'im-viewheight', 'im-density'] as const
export type HintWord = (typeof HINT_WORDS)[number]

export interface Translated {
  readonly query: URLSearchParams
  readonly hints: Readonly<Partial<Record<HintWord, string>>>
}

/** `imref=key=value,key=value` is unpacked first and ranks last. */
export function translateAkamai(query: URLSearchParams): Translated {
  const result = new URLSearchParams()
  const hints: Partial<Record<HintWord, string>> = {}
  const derived: Array<[string, string]> = []
  for (const [word, value] of [...query, ...unpack(query.get('imref'))]) {
    if (word === 'imref') continue
    const meant = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined
    if (isHint(word)) hints[word] ??= value
    else if (meant) derived.push([meant.name, meant.values?.[value.toLowerCase()] ?? value])
    else result.append(word, value)
  }
  for (const [name, value] of derived) if (!result.has(name)) result.append(name, value)
  return { query: result, hints }
}

function unpack(reference: string | null): Array<[string, string]> {
  return (reference ?? '').split(',').flatMap((pair) => {
    const [word, ...rest] = pair.split('=')
    return word === undefined || rest.length === 0
      ? []
      : [[word.trim(), rest.join('=').trim()] as [string, string]]
  })
}

function isHint(word: string): word is HintWord {
  return (HINT_WORDS as readonly string[]).includes(word)
}
