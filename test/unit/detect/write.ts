import { writeFileSync } from 'node:fs';
import { documentation, documentFile } from './documentation.ts';

/** Writes the tables of docs/detection.md. A test fails when they drift. */
writeFileSync(documentFile, documentation());
