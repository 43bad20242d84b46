import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

/** The client of unit.ts: waits for the end of the restart, says why it failed. */
const reason = await text(connect(process.argv[2]!));
if (reason !== '') {
  process.stderr.write(`${reason}\n`);
  process.exitCode = 1;
}
