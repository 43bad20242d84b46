import {
  openNote,
  parseStatement,
  parseVerifierKey,
  signNote,
  statementText,
  type Statement,
  type VerifierKey,
} from '../../seal/index.ts';
import { messageOf } from '../../error.ts';
import { fileBytesMax, readTextFile, readTextStream } from '../../input/index.ts';
import { makeOperatorKey, readOperatorKey } from '../../trust/index.ts';
import { VerifyError } from '../../verify/index.ts';
import type { Output } from '../output.ts';
import { statementOf, type MakeOptions } from './options.ts';
import { printStatement, sendStatement, type SignedStatement } from './send.ts';

/** Makes an operator's key pair, and says what to do with either half. Throws TrustError. */
export async function makeKey(output: Output, file: string, name: string): Promise<void> {
  const vkey = await makeOperatorKey(file, name);
  output.out(`${vkey}\n`);
  output.error(
    `The private key is in ${file}: keep it off the cluster and out of Elasticsearch. Believe it where you verify:\n` +
      `  auditseal trust operator --trust trust.json '${vkey}'\n`,
  );
}

/** Signs a statement, and prints or sends it. Throws VerifyError, TrustError, SealError, ConfigError and ElasticsearchError. */
export async function make(kind: Statement['kind'], options: MakeOptions, output: Output): Promise<void> {
  const now = new Date();
  const isSent = options.url !== undefined || options.config !== undefined;
  if (!isSent && options.print !== true)
    throw new VerifyError(
      'usage',
      '--url, --config or --print: say where it goes, or that it is only printed',
    );
  const statement = statementOf(kind, options, now);
  // Before the key is touched: it is checked as a verifier will.
  const said = statementText(statement);
  const key = await readOperatorKey(options.key);
  const signed = { note: signNote(said, key), text: said, statement, key: key.verifier };
  if (options.print === true) printStatement(signed, output);
  else await sendStatement(signed, options, output);
}

/** A statement out of the note that says it. Throws VerifyError and SealError. */
export async function signedElsewhere(file: string, vkey: string): Promise<SignedStatement> {
  const key: VerifierKey = parseVerifierKey(vkey);
  const note = await readNote(file);
  const said = openNote(note, key);
  return { note, text: said, statement: parseStatement(said), key };
}

async function readNote(file: string): Promise<string> {
  const isPiped = file === '-';
  const bytesMax = fileBytesMax.secret;
  const reading = isPiped ? readTextStream(process.stdin, bytesMax) : readTextFile(file, bytesMax);
  return await reading.catch((cause: unknown) => {
    throw new VerifyError('usage', `the note ${isPiped ? '' : `${file} `}${messageOf(cause)}`, { cause });
  });
}
