/** Mounts as sources: `s3:BUCKET` is read by our own S3 source, with ranges; all others by their driver. */
import type { SourceSettings } from '../sources/settings.ts'
import type { Env } from './expand.ts'
import { toPath, type Fault } from './fault.ts'

export interface ObjectStore {
  readonly endpoint: string
  readonly region: string
  readonly accessKeyId?: string
  readonly secretAccessKey?: string
}

/** Undefined without an endpoint. */
export function objectStoreOf(env: Env): ObjectStore | undefined {
  const { S3_ENDPOINT, S3_REGION, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = env
  if (!S3_ENDPOINT) return undefined
  const keys =
    S3_ACCESS_KEY_ID && S3_SECRET_ACCESS_KEY
      ? { accessKeyId: S3_ACCESS_KEY_ID, secretAccessKey: S3_SECRET_ACCESS_KEY }
      : {}
  return { endpoint: S3_ENDPOINT, region: S3_REGION || 'auto', ...keys }
}

/** The bucket of `s3:BUCKET`; undefined for other mounts. */
export function bucketOf(mount: string): string | undefined {
  return mount.startsWith('s3:') ? mount.slice(3) : undefined
}

/** @param key template */
export function mountedSource(mount: string, key: string, store: ObjectStore | undefined): SourceSettings {
  const bucket = bucketOf(mount)
  if (bucket === undefined || !store) return { type: 'storage', mount, key }
  return { type: 's3', ...store, bucket, key, style: 'path' }
}

/** What is missing of the environment, once for each mount that needs it. */
export function mountFaults(
  mounts: ReadonlyArray<readonly [path: readonly PropertyKey[], mount: unknown]>,
  env: Env,
): Fault[] {
  const store = objectStoreOf(env)
  return mounts.flatMap(([path, mount]) => {
    if (typeof mount !== 'string' || bucketOf(mount) === undefined) return []
    const message = storeFault(bucketOf(mount) ?? '', store, env)
    return message === undefined ? [] : [{ path: toPath(path), message }]
  })
}

function storeFault(bucket: string, store: ObjectStore | undefined, env: Env): string | undefined {
  if (!/^[\w.-]{1,255}$/.test(bucket)) return 'expected s3:BUCKET'
  if (!store) return 's3: needs S3_ENDPOINT, which is not set'
  if (!/^https?:\/\/[^/?#@]+[^?#@]*$/.test(store.endpoint) || !URL.canParse(store.endpoint))
    return 's3: S3_ENDPOINT is not an http or https address'
  const { S3_ACCESS_KEY_ID: id, S3_SECRET_ACCESS_KEY: secret } = env
  return !id === !secret ? undefined : 's3: expected S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY together'
}
