import { defineConfig } from 'vitest/config'

/** They measure how long something takes, or start services of their own: beside others they would only be slow by turns. */
const ALONE = [
  'test/engines/task-runner.test.ts',
  'test/line/{load,video-load}.test.ts',
  'test/runtimes/{cli,examples,isolation,jobs,jobs-redis,jobs-workers,nsfw,service,slim-worker,start,worker-memory}.test.ts',
  'test/runtimes/server/{ffmpeg,pool,postgres,sqlite}.test.ts',
  'test/store/crash.test.ts',
]

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: ['test/bench/**', ...ALONE],
          // Vitest would leave one core to itself, which is half of two.
          maxWorkers: '100%',
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'alone', include: ALONE, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
})
