/** The script of one thread: hears tasks, runs them one after another, answers. Knows the engines and nothing else. */
import { parentPort, workerData } from 'node:worker_threads'
import { createTaskRunner } from '../../src/worker.ts'
import { serveTasks } from './thread.ts'

if (parentPort) serveTasks(parentPort, workerData, createTaskRunner)
