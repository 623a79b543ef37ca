import { describe, expect, test } from 'vitest'
import { toFetchContext, type PeerOf } from '../../../runtimes/server/adapt.ts'
import { nodePeerOf } from '../../../runtimes/server/node-door.ts'

const request = new Request('http://m.test/')
const node = { incoming: { socket: { remoteAddress: '192.0.2.1' } }, outgoing: {} }

describe('arguments of fetch', () => {
  test('a server’s own', () => {
    expect(toFetchContext(request, [node], nodePeerOf)).toEqual({ clientAddress: '192.0.2.1' })
  })

  test('of a mount in Hono: an environment and an execution context, either of them missing', () => {
    const kept: unknown[] = []
    const execution = {
      kept,
      waitUntil(work: unknown) {
        this.kept.push(work)
      },
    }
    const context = toFetchContext(request, [node, execution], nodePeerOf)
    expect(context.clientAddress).toBe('192.0.2.1')
    const work = Promise.resolve()
    context.waitUntil?.(work)
    expect(kept).toEqual([work])
    expect(toFetchContext(request, [undefined, undefined], nodePeerOf)).toEqual({})
    expect(toFetchContext(request, [{}, undefined], nodePeerOf)).toEqual({})
    expect(toFetchContext(request, [], nodePeerOf)).toEqual({})
  })

  test('an embedder’s context', () => {
    const peerOf: PeerOf = () => undefined
    expect(toFetchContext(request, [{ clientAddress: '2001:db8::1' }], peerOf)).toEqual({
      clientAddress: '2001:db8::1',
    })
  })
})
