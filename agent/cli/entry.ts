#!/usr/bin/env node
import { tooOld } from './node-version.ts';

// The bundle's first file. An old Node must be able to parse it, so the rest is loaded only then: what Node says by itself
// of code that it cannot parse or find ends with 1, which of `verify` means tampered. 2: could not check.
const refusal = tooOld(process.versions.node, process.execPath);
if (refusal !== undefined) {
  process.stderr.write(`${refusal}\n`);
  process.exitCode = 2;
} else
  try {
    await import('./main.ts');
  } catch (error) {
    process.stderr.write(`auditseal: cannot start: ${String(error)}\n`);
    process.exitCode = 2;
  }
