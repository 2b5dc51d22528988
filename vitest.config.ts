/** Tests | how they run: one process per core at most, a fixed seed unless SEED names another. */

import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    environment: 'node',
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    env: { SEED: process.env.SEED ?? '1' },
  },
})
