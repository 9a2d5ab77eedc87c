import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/** Test files that measure the memory of their process, or replace modules in it: each has a process of its own. */
const ALONE = 'test/**/*.alone.test.ts'
/** Tests in a real browser: `npm run test:browser`. */
const BROWSER = 'test/browser/**'
/** Tests of the image: `npm run test:container`. */
const CONTAINER = 'test/container/**'

export default defineConfig({
  test: {
    // Long enough for a busy machine; what can wait for something says what, and gives up before.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    setupFiles: ['test/poison-slabs.ts'],
    pool: 'forks',
    // One more than cores: there is always one that waits for a process or a timer.
    maxWorkers: availableParallelism() + 1,
    projects: [
      // Files of one worker share its modules: loading them anew for each file took a third of the time.
      {
        extends: true,
        test: { name: 'shared', include: ['test/**/*.test.ts'], exclude: [ALONE, BROWSER, CONTAINER], isolate: false },
      },
      { extends: true, test: { name: 'alone', include: [ALONE], isolate: true } },
    ],
  },
})
