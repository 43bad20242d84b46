import {
  openNote,
  parseStatement,
  parseVerifierKey,
  SealError,
  signNote,
  statementText,
} from '../../seal/index.ts';
import type { Statement, VerifierKey } from '../../seal/index.ts';
import { messageOf } from '../../error.ts';
import { fileBytesMax, readTextFile, readTextStream } from '../../input/index.ts';
import { makeOperatorKey, readOperatorKey } from '../../trust/index.ts';
import { VerifyError } from '../../verify/index.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { statementOf } from './options.ts';
import type { MakeOptions } from './options.ts';
import { printStatement, sendStatement } from './send.ts';
import type { SignedStatement } from './send.ts';

/** Makes an operator's key pair, and prints what to do with each half. Throws TrustError. */
export async function makeKey(terminal: Terminal, file: string, name: string): Promise<void> {
  const vkey = await makeOperatorKey(file, name);
  terminal.out(`${vkey}\n`);
  terminal.error(
    `The private key is in ${file}: keep it off the cluster and out of Elasticsearch. Trust it where you verify:\n` +
      `  auditseal trust operator --trust trust.json '${vkey}'\n`,
  );
}

/** Signs a statement, and prints or sends it. Throws VerifyError, TrustError, ConfigError and ElasticsearchError. */
export async function make(kind: Statement['kind'], options: MakeOptions, terminal: Terminal): Promise<void> {
  const now = new Date();
  const isSent = options.url !== undefined || options.config !== undefined;
  if (!isSent && options.print !== true)
    throw new VerifyError(
      'usage',
      '--url, --config or --print: give one of them, to send the statement or to print it only',
    );
  const statement = statementOf(kind, options, now);
  // Checked as a verifier will check it, before the key is read.
  const text = fromUser(() => statementText(statement));
  const key = await readOperatorKey(options.key);
  const signed = { note: signNote(text, key), text, statement, key: key.verifier };
  if (options.print === true) printStatement(signed, terminal);
  else await sendStatement(signed, options, terminal);
}

/** The statement of a note that was signed elsewhere. Throws VerifyError `usage`. */
export async function signedElsewhere(file: string, vkey: string): Promise<SignedStatement> {
  const key: VerifierKey = fromUser(() => parseVerifierKey(vkey));
  const note = await readNote(file);
  const text = fromUser(() => openNote(note, key));
  return { note, text, statement: fromUser(() => parseStatement(text)), key };
}

async function readNote(file: string): Promise<string> {
  const isPiped = file === '-';
  const bytesMax = fileBytesMax.secret;
  const reading = isPiped ? readTextStream(process.stdin, bytesMax) : readTextFile(file, bytesMax);
  return await reading.catch((cause: unknown) => {
    throw new VerifyError('usage', `the note ${isPiped ? '' : `${file} `}${messageOf(cause)}`, { cause });
  });
}

/** Here a malformed key, note or statement comes from the caller of the command. */
function fromUser<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof SealError) throw new VerifyError('usage', cause.message, { cause });
    throw cause;
  }
}
