/** Tables of the store's index. Append steps; never change one that was released. */
import type { Migrations } from '../database/migrations.ts'

export const STORE_MIGRATIONS: Migrations = {
  room: 'store',
  steps: [
    [
      // One row for every writing of a blob; state -1 = being removed, 0 = being written, 1 = finished.
      // Bytes count in all three.
      `create table store_blob (
        key text not null, generation text not null, bytes bigint not null, used_at bigint not null,
        state integer not null, primary key (key, generation))`,
      'create index store_blob_used on store_blob (state, used_at)',
      'create table store_total (id integer primary key, bytes bigint not null)',
      'insert into store_total (id, bytes) values (1, 0)',
      'create table store_plan (key text primary key, rendition text, origin text not null, path text not null)',
      'create index store_plan_rendition on store_plan (rendition)',
      'create index store_plan_path on store_plan (path)',
      'create index store_plan_origin on store_plan (origin)',
      'create table store_tag (tag text not null, plan text not null, primary key (tag, plan))',
      'create index store_tag_plan on store_tag (plan)',
    ],
  ],
}
