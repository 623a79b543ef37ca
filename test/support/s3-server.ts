/**
 * A stand-in for S3 on loopback that truly verifies AWS Signature Version 4, written from its specification and not
 * from any client: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { startObjectServer, type ObjectServer } from './object-server.ts'

export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly region: string
}

export function startS3Server(credentials: S3Credentials): Promise<ObjectServer> {
  return startObjectServer({ authorize: (request) => isSigned(request, credentials) })
}

const FIFTEEN_MINUTES = 900_000

/** @param now milliseconds; a signature holds for fifteen minutes */
export function isSigned(
  { method, url, headers }: Pick<IncomingMessage, 'method' | 'url' | 'headers'>,
  credentials: S3Credentials,
  now = Date.now(),
): boolean {
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? '',
    )
  const [, credential = '', names = '', signature = ''] = match ?? []
  const time = String(headers['x-amz-date'])
  const [keyId, date, region, service, end] = credential.split('/')
  const isOurs =
    keyId === credentials.accessKeyId &&
    date === time.slice(0, 8) &&
    region === credentials.region &&
    service === 's3' &&
    end === 'aws4_request' &&
    headers['x-amz-security-token'] === credentials.sessionToken
  if (!match || !isOurs || Math.abs(toMs(time) - now) > FIFTEEN_MINUTES) return false
  const signed = names.split(';')
  const mustBeSigned = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))]
  if (!mustBeSigned.every((name) => signed.includes(name))) return false

  const { path, query } = canonicalAddress(url ?? '')
  const canonical = [
    method,
    path,
    query,
    ...signed.map(
      (name) =>
        `${name}:${String(headers[name] ?? '')
          .trim()
          .replaceAll(/ +/g, ' ')}`,
    ),
    '',
    names,
    String(headers['x-amz-content-sha256']),
  ].join('\n')
  const scope = [date, region, service, end].join('/')
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')
  const key = [date, region, service, end].reduce<string | Buffer>(
    (last, part) => hmac(last, String(part)),
    `AWS4${credentials.secretAccessKey}`,
  )
  return timingSafeEqual(hmac(key, toSign), Buffer.from(signature, 'hex'))
}

/** Path and query as S3 writes them: each decoded once, then encoded by its own rule. */
function canonicalAddress(url: string): { path: string; query: string } {
  const [rawPath = '', rawQuery = ''] = url.split('?')
  const path = rawPath.split('/').map((segment) => uriEncode(decodeURIComponent(segment)))
  const pairs = [...new URLSearchParams(rawQuery)].map((pair) => pair.map(uriEncode).join('='))
  return { path: path.join('/'), query: pairs.toSorted().join('&') }
}

function uriEncode(text: string): string {
  return [...new TextEncoder().encode(text)]
    .map((byte) => {
      const char = String.fromCharCode(byte)
      return /[A-Za-z0-9._~-]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    })
    .join('')
}

function toMs(time: string): number {
  return Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
