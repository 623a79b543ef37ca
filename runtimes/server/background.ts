import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'

/** Niceness of work on pictures: 0 is ordinary, 19 the most modest. */
const MODEST = 10

/**
 * Makes the calling thread yield to the event loop when cores are scarce, so that health and cached answers stay quick
 * while every worker is busy. On Linux a thread has a niceness of its own (sched(7)); elsewhere nothing happens.
 */
export function workInBackground(): void {
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1))
    if (thread > 0) setPriority(thread, MODEST)
  } catch {
    // Not Linux, or not permitted: threads then share the cores evenly.
  }
}
