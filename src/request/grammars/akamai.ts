/** Akamai's words for our parameters: one pure translation; explicit canonical values win. */

import { paramByWord } from '../params.ts'

/** Words that mean another parameter, with a mapping of values where they differ. */
export const AKAMAI_WORDS: Readonly<
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

/** `imref=key=value,key=value` is unpacked and ranks last; what the address says in our own words ranks first. */
export function translateAkamai(query: URLSearchParams): Translated {
  const result = new URLSearchParams()
  const hints: Partial<Record<HintWord, string>> = {}
  const derived: Array<readonly [string, string]> = []
  const take = (word: string, value: string, keep: (word: string, value: string) => void) => {
    const meant = Object.hasOwn(AKAMAI_WORDS, word) ? AKAMAI_WORDS[word] : undefined
    if (isHint(word)) hints[word] ??= value
    else if (meant) derived.push([meant.name, meant.values?.[value.toLowerCase()] ?? value])
    else if (word !== 'imref') keep(word, value)
  }
  for (const [word, value] of query) take(word, value, (name, text) => result.append(name, text))
  for (const [word, value] of unpack(query.get('imref')))
    take(word, value, (name, text) => derived.push([nameOf(name), text]))

  const said = new Set([...result.keys()].map(nameOf))
  for (const [name, value] of derived) {
    if (!said.has(name)) result.append(name, value)
    said.add(name)
  }
  return { query: result, hints }
}

const nameOf = (word: string): string => paramByWord(word) ?? word

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
