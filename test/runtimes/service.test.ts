/** The black-box list against every runtime, each started once. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startService, type Service } from '../../scripts/stage/service.ts'
import { build, commandOf, RUNTIMES } from './commands.ts'
import { describeService } from './list.ts'
import { openStage, type Stage } from './stage.ts'

let stage: Stage

beforeAll(async () => {
  build()
  stage = await openStage()
})
afterAll(() => stage.close())

describe.each(RUNTIMES)('%s', (runtime) => {
  let service: Service | undefined

  beforeAll(async () => {
    service = await startService({ command: commandOf(runtime), env: await stage.configure(runtime) })
  })
  afterAll(() => service?.kill())

  describeService(runtime, () => ({ url: service!.url, stage }))

  test('it said where it listens, and ends with 0 on SIGTERM', async () => {
    const line = service!.output()
    expect(await service!.stop()).toBe(0)
    expect(line).not.toContain('"level":"error"')
  })
})
