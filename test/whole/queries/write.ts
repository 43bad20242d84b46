import { writeFile } from 'node:fs/promises';
import { readyFile, readyQuestions } from './ready.ts';

/** Writes the questions of `auditseal ask`. A test fails when they drift from docs/queries.md. */
await writeFile(readyFile, await readyQuestions());
