import { defineConfig } from 'vitest/config'

/** Tests of the running image; `npm run test:container`, which finds an engine and builds the images first. */
export default defineConfig({
  test: { root: import.meta.dirname, include: ['*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000 },
})
