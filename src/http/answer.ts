/** An answer whose headers are still being put together. Each step that makes a Response, or one of another, is paid by every hit. */
export interface Answer {
  readonly kind: 'answer'
  readonly status: number
  readonly body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null
  /** By lower-case names. */
  readonly headers: Record<string, string>
}

export type Reply = Answer | Response

/** The reply with more headers, as a Response; `vary` is added to what there is. */
export function finish(
  reply: Reply,
  headers: Readonly<Record<string, string>>,
  vary: string | undefined,
): Response {
  if ('kind' in reply) {
    const all = Object.assign(reply.headers, headers)
    if (vary !== undefined) all['vary'] = all['vary'] === undefined ? vary : `${all['vary']}, ${vary}`
    return new Response(reply.body, { status: reply.status, headers: all })
  }
  // Ours, so they can be added to; another Response around the same body would make a stream of its bytes.
  for (const [name, value] of Object.entries(headers)) reply.headers.set(name, value)
  if (vary !== undefined) reply.headers.append('vary', vary)
  return reply
}
