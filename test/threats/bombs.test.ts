/** Rows 19, 25, 26, 28 and 38, and section 2: bombs in every format, through the whole service. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeBombs } from '../support/bombs/all.ts'
import { jpegPicture } from '../support/pictures.ts'
import { closeAll, outcome, stage } from './stage.ts'

const BOMBS = makeBombs().map((bomb) => [bomb.name, bomb] as const)
const SECRET = 'of those inside'
let service: ReturnType<typeof stage>
let version = 1_700_000_000_000
beforeAll(async () => {
  service = stage(
    { formats: { heic: true }, internal: { uploads: 'memory:files' } },
    { env: { MEDIAMORPH_INTERNAL_SECRET: SECRET } },
  )
  service.mount.put('good.jpg', await jpegPicture({ width: 40, height: 30 }))
})
afterAll(closeAll)

/** Of work for one question, and of memory for all of them, however busy the machine is: less than the deadline. */
const MOST_MS = 10_000
const MOST_BYTES = 500_000_000

test.each(BOMBS)('%s', async (_, { bytes, codes, moving = codes }) => {
  const { mount, get } = service
  mount.put('bomb', bytes, (version += 1000))
  const questions: [query: string, codes: readonly string[]][] = [
    ['width=10&height=10&format=png&animated=false', codes],
    ['width=10&height=10&metadata=keep&format=jpeg', codes],
    ['width=10&height=10&format=webp', moving],
    // Of what has one page there is no second.
    ['width=10&height=10&page=1', [...codes, 'INVALID_PARAMETER', 'CORRUPT_MEDIA']],
  ]
  const before = process.memoryUsage().rss
  for (const [query, allowed] of questions) {
    const began = performance.now()
    const [status, said] = await outcome(get(`/files/bomb?${query}&v=${version}`))
    const code = status === 200 ? 'made' : said
    expect(allowed).toContain(code)
    expect(performance.now() - began).toBeLessThan(MOST_MS)
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(MOST_BYTES)
  expect((await get(`/files/good.jpg?width=20&v=${version}`)).status).toBe(200)
})

/** What is refused by its header is so here, too. */
const PASSING = BOMBS.filter(([, { codes }]) => codes.some((code) => code !== 'LIMIT_EXCEEDED'))

test.each(PASSING)('told as JSON, or by /_metadata and /_thumbnail: %s', async (name, { bytes }) => {
  const { mount, post, get } = service
  mount.put('bomb', bytes, (version += 1000))
  const began = performance.now()
  const ask = (path: string) =>
    post(
      path,
      { type: 'upload', upload_filename: 'bomb', isNSFWAllowed: true },
      { 'x-internal-secret': SECRET },
    )
  const isMetadata = name.startsWith('metadata')
  const answers = isMetadata
    ? [await get(`/files/bomb?format=json&metadata=keep&v=${version}`)]
    : [await ask('/_metadata'), await ask('/_thumbnail')]
  for (const { status } of answers) expect(isMetadata ? [200] : [200, 400, 404]).toContain(status)
  await Promise.all(answers.map((answer) => answer.arrayBuffer()))
  expect(performance.now() - began).toBeLessThan(2 * MOST_MS)
})
