import { describe, expect, it } from 'vitest'
import { outboundSchema, sourceSchema } from '../../src/sources/settings.ts'

const s3 = { type: 's3', endpoint: 'https://s3.test', bucket: 'media', key: '${key}' }

describe('sources', () => {
  it('fills in what is missing', () => {
    expect(sourceSchema.parse(s3)).toEqual({ ...s3, region: 'auto', style: 'path' })
    const http = { type: 'http', url: 'https://cdn.test/${key}' }
    expect(sourceSchema.parse(http)).toEqual({ ...http, headers: {} })
  })

  it.each([
    { type: 'ftp', url: 'ftp://x' },
    { type: 'http', url: 'https://user:pw@cdn.test/${key}' },
    { type: 'http', url: 'cdn.test/${key}' },
    { type: 'http', url: 'https://cdn.test/', headers: { 'a b': 'x' } },
    { type: 'http', url: 'https://cdn.test/', headers: { a: 'x\r\ny: z' } },
    { type: 'storage', mount: './media', key: '${key}' },
    { type: 'storage', mount: 'fs:./media', key: '${' },
    { type: 'storage', mount: 'fs:./media', key: 'x', extra: 1 },
    { ...s3, endpoint: 'https://u@s3.test' },
    { ...s3, endpoint: 'ftp://s3.test' },
    { ...s3, bucket: 'a/b' },
    { ...s3, accessKeyId: 'only' },
    { ...s3, style: 'other' },
  ])('refuses %j', (source) => {
    expect(sourceSchema.safeParse(source).success).toBe(false)
  })
})

describe('outbound', () => {
  it('is safe without a word', () => {
    expect(outboundSchema.parse(undefined)).toEqual({
      allowHosts: ['*'],
      denyHosts: [],
      allowPrivate: [],
      ports: [80, 443],
      maxRedirects: 5,
      connectMs: 5000,
      idleMs: 5000,
      totalMs: 30_000,
    })
  })

  it.each([
    { allowHosts: ['*evil.test'] },
    { allowHosts: ['a.*.test'] },
    { allowHosts: ['http://a.test'] },
    { allowHosts: ['a.test/x'] },
    { denyHosts: ['a.test:80'] },
    { allowPrivate: ['10.0.0.0/33'] },
    { allowPrivate: ['localhost'] },
    { ports: [0] },
    { maxRedirects: -1 },
    { totalMs: 0 },
    { other: true },
  ])('refuses %j', (outbound) => {
    expect(outboundSchema.safeParse(outbound).success).toBe(false)
  })
})
