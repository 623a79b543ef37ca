/**
 * The SQL half of the store: which blobs there are, how many bytes they take, when they were used, and which plans
 * lead to them. Statements only; what is done to the blobs themselves is `eviction-index.ts`.
 */
import { migrated } from '../database/migrated.ts'
import { locksOf, numberIn, placeholders, textIn } from '../database/sql.ts'
import type { Sql, SqlRow, SqlValue, Statement } from '../platform.ts'
import type { PurgeTarget, Subject } from './cache.ts'
import { STORE_MIGRATIONS } from './migrations.ts'

export interface BlobRow {
  readonly key: string
  readonly generation: string
  readonly bytes: number
}

/** Where a plan is filed. `key` is that of its blob, `rendition` that of the blob it leads to; undefined for failures. */
export interface PlanRow {
  readonly key: string
  readonly rendition: string | undefined
  readonly subject: Subject
}

/** A plan's key and that of the rendition it leads to. */
export interface PlanLink {
  readonly key: string
  readonly rendition: string | undefined
}

/** D1 takes 100 parameters a statement. */
export const PAGE = 80

/** `store_blob.state` */
const LEAVING = -1
const WRITING = 0
const FINISHED = 1

export interface IndexRows {
  /** Sum of the bytes of all rows. */
  total(): Promise<number>
  /** Notes that `blob` is about to be written, if its bytes still fit below `maxBytes`. False when they do not. */
  reserve(blob: BlobRow, now: number, maxBytes: number): Promise<boolean>
  /** The blob is visible. False when its row is gone or going: it was purged, or taken for abandoned. */
  commit(blob: BlobRow): Promise<boolean>
  /** Marks writings, because their bytes are about to go. There is no way back from here. */
  retire(blobs: readonly BlobRow[]): Promise<void>
  /** Takes rows and their bytes off the books. */
  forget(blobs: readonly BlobRow[]): Promise<void>
  /** Writings of a key: the finished ones, or those in progress and on their way out too. */
  generations(key: string, which: 'finished' | 'all'): Promise<BlobRow[]>
  /** Finished writings, least recently used first. */
  oldest(limit: number): Promise<BlobRow[]>
  /** Keys with more than one finished writing. */
  replaced(limit: number): Promise<string[]>
  /** Writings that are being removed, by whomever. */
  leaving(limit: number): Promise<BlobRow[]>
  /** Writings and removals that began before `time` and never finished. */
  abandoned(time: number, limit: number): Promise<BlobRow[]>
  touch(keys: readonly string[], now: number): Promise<void>
  filePlan(plan: PlanRow): Promise<void>
  forgetPlans(keys: readonly string[]): Promise<void>
  /** Up to a page of the plans that a purge names, in the order of their keys, from the first one past `after`. */
  matching(target: PurgeTarget, after: string): Promise<PlanLink[]>
  /** Plans that have one of the keys, or lead to a rendition that has one. */
  plansOf(keys: readonly string[]): Promise<PlanLink[]>
  /** Sets the sum right, should it ever have drifted. */
  recount(): Promise<void>
}

/** The tables are made at the first call. */
export function createIndexRows(sql: Sql): IndexRows {
  const { query, batch } = migrated(sql, STORE_MIGRATIONS)
  const { change } = locksOf(sql)
  /** Nothing else is added or taken away until it is done. */
  const onTheBooks = (statements: readonly Statement[]) =>
    change === ''
      ? batch(statements)
      : batch([[`select id from store_total where id = 1${change}`], ...statements]).then((rows) =>
          rows.slice(1),
        )
  const blobs = async (where: string, ...parameters: SqlValue[]) =>
    (await query(`select key, generation, bytes from store_blob where ${where}`, ...parameters)).map(toBlob)

  return {
    total: async () => numberIn((await query('select bytes from store_total where id = 1'))[0], 'bytes'),

    async reserve({ key, generation, bytes }, now, maxBytes) {
      const [inserted] = await onTheBooks([
        [
          `insert into store_blob (key, generation, bytes, used_at, state)
           select cast(? as text), cast(? as text), cast(? as bigint), cast(? as bigint), ${WRITING}
           from store_total where id = 1 and bytes <= ? returning key`,
          key,
          generation,
          bytes,
          now,
          maxBytes - bytes,
        ],
        [
          `update store_total set bytes = bytes + ?
           where id = 1 and exists (select 1 from store_blob where key = ? and generation = ?)`,
          bytes,
          key,
          generation,
        ],
      ])
      return inserted?.length === 1
    },

    async commit({ key, generation }) {
      const update = `update store_blob set state = ${FINISHED}
        where key = ? and generation = ? and state >= ${WRITING} returning key`
      return (await query(update, key, generation)).length === 1
    },

    async retire(list) {
      if (list.length === 0) return
      const update = `update store_blob set state = ${LEAVING} where key = ? and generation = ?`
      await batch(list.map(({ key, generation }): Statement => [update, key, generation]))
    },

    async forget(list) {
      const where = 'where key = ? and generation = ?'
      if (list.length === 0) return
      await onTheBooks(
        list.flatMap(({ key, generation }): Statement[] => [
          [
            `update store_total set bytes = bytes - coalesce((select bytes from store_blob ${where}), 0) where id = 1`,
            key,
            generation,
          ],
          [`delete from store_blob ${where}`, key, generation],
        ]),
      )
    },

    generations: (key, which) =>
      blobs('key = ? and state >= ?', key, which === 'finished' ? FINISHED : LEAVING),
    oldest: (limit) => blobs(`state = ${FINISHED} order by used_at limit ?`, limit),
    async replaced(limit) {
      const text = `select key from store_blob where state = ${FINISHED} group by key having count(*) > 1 limit ${limit}`
      return (await query(text)).map((row) => textIn(row, 'key'))
    },
    leaving: (limit) => blobs(`state = ${LEAVING} limit ?`, limit),
    abandoned: (time, limit) => blobs(`state < ${FINISHED} and used_at < ? limit ?`, time, limit),

    async touch(keys, now) {
      for (const page of pages(keys)) {
        await query(
          `update store_blob set used_at = ? where key in (${placeholders(page.length)})`,
          now,
          ...page,
        )
      }
    },

    async filePlan({ key, rendition, subject: { origin, path, tags } }) {
      await batch([
        [
          `insert into store_plan (key, rendition, origin, path) values (?, ?, ?, ?) on conflict (key) do update
           set rendition = excluded.rendition, origin = excluded.origin, path = excluded.path`,
          key,
          rendition ?? null,
          origin,
          path,
        ],
        ['delete from store_tag where plan = ?', key],
        ...[...new Set(tags)].map((tag): Statement => [
          'insert into store_tag (tag, plan) values (?, ?)',
          tag,
          key,
        ]),
      ])
    },

    async forgetPlans(keys) {
      for (const page of pages(keys)) {
        const list = placeholders(page.length)
        await batch([
          [`delete from store_tag where plan in (${list})`, ...page],
          [`delete from store_plan where key in (${list})`, ...page],
        ])
      }
    },

    async matching(target, after) {
      const [where, ...parameters] = toCondition(target)
      const text = `select key, rendition from store_plan where ${where} and key > ? order by key limit ${PAGE}`
      return (await query(text, ...parameters, after)).map(toPlan)
    },

    async plansOf(keys) {
      const found: PlanLink[] = []
      for (const page of pages(keys, PAGE / 2)) {
        const list = placeholders(page.length)
        const text = `select key, rendition from store_plan where key in (${list}) or rendition in (${list})`
        found.push(...(await query(text, ...page, ...page)).map(toPlan))
      }
      return found
    },

    async recount() {
      await onTheBooks([
        ['update store_total set bytes = (select coalesce(sum(bytes), 0) from store_blob) where id = 1'],
      ])
    },
  }
}

function toCondition(target: PurgeTarget): [where: string, ...parameters: SqlValue[]] {
  if ('everything' in target) return ['1 = 1']
  if ('origin' in target) return ['origin = ?', target.origin]
  if ('tag' in target) return ['key in (select plan from store_tag where tag = ?)', target.tag]
  if (!target.path.endsWith('*')) return ['path = ?', target.path]
  const prefix = target.path.slice(0, -1)
  // Not LIKE: it ignores case in SQLite. Databases count characters, not UTF-16 units.
  return ['substr(path, 1, ?) = ?', [...prefix].length, prefix]
}

function toBlob(row: SqlRow): BlobRow {
  return { key: textIn(row, 'key'), generation: textIn(row, 'generation'), bytes: numberIn(row, 'bytes') }
}

function toPlan(row: SqlRow): PlanLink {
  return {
    key: textIn(row, 'key'),
    rendition: row['rendition'] === null ? undefined : textIn(row, 'rendition'),
  }
}

function pages(keys: readonly string[], size = PAGE): string[][] {
  const count = Math.ceil(keys.length / size)
  return Array.from({ length: count }, (_, page) => keys.slice(page * size, (page + 1) * size))
}
