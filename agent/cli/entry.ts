#!/usr/bin/env node
import { tooOld } from './node-version.ts';

// The bundle's first file. An old Node must be able to parse it, so the rest is loaded only then: what Node says by itself
// of code that it cannot parse ends with 1, which of `verify` means tampered. 2: could not check.
const refusal = tooOld(process.versions.node, process.execPath);
if (refusal === undefined) await import('./main.ts');
else {
  process.stderr.write(`${refusal}\n`);
  process.exitCode = 2;
}
