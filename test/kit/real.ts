import { describe, test } from 'vitest';

/**
 * Tests with parts that take more than a minute to fetch or build: `npm run test:real`. In `npm test` they are counted as
 * skipped; recordings of what these parts say are replayed there.
 */
const isReal = process.env['REAL'] !== undefined;

export const describeReal = describe.skipIf(!isReal);
export const testReal = test.skipIf(!isReal);
