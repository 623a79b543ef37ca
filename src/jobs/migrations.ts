/** Tables of jobs. Append steps; never change one that was released. */
import type { Migrations } from '../database/migrations.ts'

export const JOB_MIGRATIONS: Migrations = {
  room: 'jobs',
  steps: [
    [
      // `lease` is the last delivery that began to work on it: only that one may write down what came of it.
      `create table job (
        id text primary key, type text not null, lane text not null, source text not null, hash text,
        options text not null, task text not null, fingerprint text not null, is_current integer not null,
        status text not null, progress integer not null, lease text, retry_of text, error text, results text,
        token text not null, version bigint not null, created_at bigint not null, updated_at bigint not null)`,
      // Equal requests share a job, until it failed, was cancelled, or what it made is gone.
      'create unique index job_current on job (fingerprint) where is_current = 1',
      'create index job_status on job (status, id)',
      'create index job_hash on job (hash, id)',
      'create index job_source on job (source, id)',
      'create index job_age on job (status, updated_at)',
      // One row for every job that is not over; state 0 = it waits until `ready_at`, 1 = leased until then.
      `create table job_queue (
        job text primary key, lane text not null, state integer not null, ready_at bigint not null, token text,
        deliveries integer not null)`,
      'create index job_queue_next on job_queue (lane, state, ready_at, job)',
      'create table job_pause (lane text primary key)',
    ],
    [
      // Who wants to hear of the end; `due_at` is null before it, and when they have.
      `create table job_callback (
        job text not null, url text not null, status text not null, attempts integer not null, due_at bigint,
        primary key (job, url))`,
      'create index job_callback_due on job_callback (due_at)',
    ],
    [
      // When it is expected to be done, while it is worked on.
      'alter table job add column ends_at bigint',
      // A file that a job made; `writer` is the delivery that writes another version, until `held_until`.
      `create table artifact (
        key text primary key, hash text not null, type text, size bigint, etag text, made_at bigint, writer text,
        held_until bigint not null)`,
      'create index artifact_hash on artifact (hash)',
    ],
  ],
}
