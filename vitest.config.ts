import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [
      ...configDefaults.exclude,
      'test/whole/long/**',
      // Needs root, buildah and minutes: `npm run test:image`.
      ...(process.env['IMAGE'] ? [] : ['test/platform/image/**']),
    ],
    setupFiles: ['test/kit/environment.ts'],
    globalSetup: ['test/kit/agent/programs-setup.ts', 'test/kit/elasticsearch/global-setup.ts'],
    pool: 'forks',
    // Tests of whole agents wait more than they compute.
    maxWorkers: 3,
    // Nothing is asserted by a timer; this only ends what hangs, on a machine however busy.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 300_000 } },
  },
});
