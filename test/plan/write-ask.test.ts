/** What is asked of another service is what was asked here. */
import { expect, test } from 'vitest'
import { canonicalJson } from '../../src/plan/canonical.ts'
import { toAsk } from '../../src/plan/planner.ts'
import { writeAsk } from '../../src/plan/write-ask.ts'
import { paramByWord, paramRow, type Params } from '../../src/request/params.ts'

const SIDE = 8192

function askOf(query: string) {
  const entries = [...new URLSearchParams(query)].map(([word, text]) => {
    const name = paramByWord(word)
    const value = name && paramRow(name).parse(text, { outputSide: SIDE, enabledFormats: ['jxl'] })
    if (value === undefined) throw new Error(`${word}=${text} is wrong`)
    return [name, value] as const
  })
  return toAsk(Object.fromEntries(entries) as Params, SIDE)
}

test.each([
  '',
  'width=100',
  'w=100&h=50&fit=cover&g=northwest&dpr=1.5',
  'w=100&h=50&fit=crop&gravity=auto',
  'w=100&h=50&fit=pad&gravity=0.3x0.7&bg=rgba(1,2,3,0.25)&enlarge=true',
  'width=8000&dpr=3',
  'mode=spritesheet&w=10&h=20&fit=contain&imageCount=7&columns=2',
  'mode=storyboard&w=10&h=20&fit=fill',
  'mode=frame&time=1m30.5s&format=jpg&quality=lossless',
  'mode=frame&time=auto&format=auto&quality=auto&max_bytes=5000',
  'time=-5&duration=33.3%25&audio=false&fps=12.5&speed=0.5&bitrate=1.5M&compression=high&track=2',
  'format=h265&quality=33&effort=7&progressive=true&rotate=-33.5&flip=hv',
  'crop=33.3333%25:10:5%25:7&trim=12&page=3&animated=false&metadata=keep&v=a.b-1',
  'pixelate=4&blur=1.25&brightness=0&contrast=2&gamma=1.1&saturation=0&grayscale=true&tint=%23abc&sharpen=2',
])('%s', (query) => {
  const ask = askOf(query)
  expect(canonicalJson(askOf(writeAsk(ask).toString()))).toBe(canonicalJson(ask))
})
