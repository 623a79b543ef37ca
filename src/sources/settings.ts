/** The part of the configuration that says where originals come from, and what may be fetched. */
import * as z from 'zod'
import { parseCidr } from '../lib/cidr.ts'
import { parseHostPattern } from '../lib/host-pattern.ts'
import { templateFault, urlTemplateFault } from './template.ts'

/** A string for which `fault` finds nothing to say. */
const checked = (fault: (text: string) => string | undefined, description: string) =>
  z
    .string()
    .min(1)
    .max(2048)
    .superRefine((text, context) => {
      const message = fault(text)
      if (message !== undefined) context.addIssue({ code: 'custom', message })
    })
    .describe(description)

const keySchema = checked(templateFault, 'Template of the key: `${name}` and `$1` are captures of `match`')

const storageSourceSchema = z.strictObject({
  type: z.literal('storage'),
  mount: z
    .string()
    .regex(/^[a-z][a-z0-9-]*:/, 'expected driver:location, for example fs:./media')
    .describe('Where the files are, as driver:location'),
  key: keySchema,
})

const httpSourceSchema = z.strictObject({
  type: z.literal('http'),
  url: checked(urlTemplateFault, 'Template of the address: `${name}` and `$1` are captures, percent-encoded'),
  headers: z
    .record(
      z.string().regex(/^[!#$%&'*+.^_`|~\w-]+$/, 'expected the name of a header'),
      z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'expected the value of a header'),
    )
    .default({})
    .describe('Sent with every request, never to another origin after a redirect'),
})

const s3SourceSchema = z
  .strictObject({
    type: z.literal('s3'),
    endpoint: z
      .url({ protocol: /^https?$/, error: 'expected an http or https address' })
      .refine((text) => !/[?#@]/.test(text), 'expected an address without user, query and fragment')
      .describe('Address of the service, without the bucket'),
    bucket: z
      .string()
      .regex(/^[\w.-]{1,255}$/, 'expected the name of a bucket')
      .describe('Name of the bucket'),
    region: z.string().min(1).default('auto').describe('Region in the signature'),
    key: keySchema,
    style: z
      .enum(['path', 'virtual'])
      .default('path')
      .describe('`path`: endpoint/bucket/key; `virtual`: bucket.endpoint/key'),
    accessKeyId: z.string().min(1).optional().describe('Without keys, requests are not signed'),
    secretAccessKey: z.string().min(1).optional().describe('Belongs to `accessKeyId`'),
    sessionToken: z.string().min(1).optional().describe('Of temporary keys'),
  })
  .refine((s3) => (s3.accessKeyId === undefined) === (s3.secretAccessKey === undefined), {
    error: 'expected accessKeyId and secretAccessKey together',
    path: ['secretAccessKey'],
  })

export const sourceSchema = z.discriminatedUnion('type', [
  storageSourceSchema,
  httpSourceSchema,
  s3SourceSchema,
])

const hostPattern = checked(
  (text) => (parseHostPattern(text) ? undefined : 'expected a host, `*` or `*.example.com`'),
  'Host, `*.example.com` (any subdomain, not example.com itself) or `*`',
)
const count = (fallback: number, most: number, description: string, least = 1) =>
  z.int().min(least).max(most).default(fallback).describe(description)

export const outboundSchema = z
  .strictObject({
    allowHosts: z.array(hostPattern).max(1000).default(['*']).describe('Hosts that may be fetched from'),
    denyHosts: z
      .array(hostPattern)
      .max(1000)
      .default([])
      .describe('Hosts that may not, whatever else allows them'),
    allowPrivate: z
      .array(
        checked((text) => (parseCidr(text) ? undefined : 'expected a CIDR, for example 10.0.0.0/8'), 'CIDR'),
      )
      .max(1000)
      .default([])
      .describe('Private addresses that may be reached, on any port'),
    ports: z
      .array(z.int().min(1).max(65_535))
      .max(1000)
      .default([80, 443])
      .describe('Ports of public addresses'),
    maxRedirects: count(5, 20, 'Redirects followed, each checked anew', 0),
    connectMs: count(5000, 600_000, 'Milliseconds to find and reach an address'),
    idleMs: count(5000, 600_000, 'Milliseconds without a byte'),
    totalMs: count(
      30_000,
      3_600_000,
      'Milliseconds of waiting for one original; streamed ones: for each mebibyte',
    ),
  })
  .prefault({})
  .describe('What may be fetched over the network, and how long that may take')

export type SourceSettings = z.output<typeof sourceSchema>
export type StorageSourceSettings = z.output<typeof storageSourceSchema>
export type HttpSourceSettings = z.output<typeof httpSourceSchema>
export type S3SourceSettings = z.output<typeof s3SourceSchema>
export type OutboundSettings = z.output<typeof outboundSchema>
