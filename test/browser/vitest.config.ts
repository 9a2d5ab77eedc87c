import { defineConfig } from 'vitest/config'

/** Tests in a real browser; `npm run test:browser`. They are no part of `npm test`, which needs nothing but npm. */
export default defineConfig({
  test: { root: import.meta.dirname, include: ['*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 },
})
