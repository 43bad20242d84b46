import { signedNoteDocument, statementDocumentId } from '../../seal/index.ts';
import type { Statement, VerifierKey } from '../../seal/index.ts';
import { createClient, createDocument } from '../../elasticsearch/index.ts';
import { recordStream } from '../../streams/index.ts';
import { connectionOf } from '../connection.ts';
import type { ConnectionOptions } from '../connection.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { printable } from '../../json/index.ts';
import { withoutSecrets } from '../terminal/text.ts';
import { meaningOf } from '../verify/report.ts';

/** A statement, its signed note, and the key that signed it. */
export interface SignedStatement {
  statement: Statement;
  /** The text that was signed. */
  text: string;
  note: string;
  key: VerifierKey;
}

/** Prints the note to standard output, and what the statement does to standard error. */
export function printStatement(signed: SignedStatement, { out, error }: Terminal): void {
  error(shown(signed));
  out(signed.note);
}

/** Prints what the statement does, then sends it. Throws ConfigError and ElasticsearchError. */
export async function sendStatement(
  signed: SignedStatement,
  options: ConnectionOptions,
  { out }: Terminal,
): Promise<void> {
  const { settings, namespace } = await connectionOf(options);
  const stream = recordStream(namespace);
  const client = await createClient(settings);
  try {
    out(`${shown(signed)}to         ${stream} at ${settings.urls.map(withoutSecrets).join(', ')}\n`);
    const id = idOf(signed);
    const source = signedNoteDocument(signed.note, signed.key, namespace, new Date());
    const outcome = await createDocument(client, { stream, id, source });
    out(`${outcome === 'created' ? 'sent' : 'was there already: nothing was changed'}\n`);
  } finally {
    await client.close();
  }
}

function idOf({ key, text }: SignedStatement): string {
  return statementDocumentId(key.text, text);
}

function shown(signed: SignedStatement): string {
  const { statement, key } = signed;
  const lines = [
    `statement  ${meaningOf(statement)}, as of ${statement.at}`,
    `why        ${statement.why}`,
    `effect     ${effectOf(statement)}`,
    `operator   ${key.text}`,
    `_id        ${idOf(signed)}`,
  ];
  return `${lines.map(printable).join('\n')}\n`;
}

function effectOf(statement: Statement): string {
  const verdict = 'is reported, and changes no verdict, where the trust file lists this operator';
  const erased = 'is reported with who said so, where the trust file lists this key among its erasers';
  if (statement.kind === 'retention')
    return `that events of these batches are gone after ${statement.days} days ${erased}, and is not “missing”; not of one that was sealed after that time`;
  if (statement.kind === 'erase')
    return `that these events are gone ${erased}, and is not “missing”; one that is still there is “not erased”`;
  if (statement.kind === 'retire')
    return `“ends early” of this log at this batch ${verdict}; not at another, nor once a record was sealed after that time`;
  if ('after' in statement)
    return `“unlinked epoch” of this origin ${verdict}, while the epoch before it is that one and ends at that batch; its vkey has to be in the trust file, too (trust add --beside)`;
  return `“gap”, “silent”, “incoherent”, “begins late” and “clock back” at these batches ${verdict}; not at one that was sealed after that time`;
}
