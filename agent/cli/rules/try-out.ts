import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { ConfigError } from '../../config/index.ts';
import { Detector, ruleSet } from '../../detect/index.ts';
import type { Rule } from '../../detect/index.ts';
import { messageOf } from '../../error.ts';
import { isFields, parseEvent, textOf } from '../../event/index.ts';
import type { AuditEvent } from '../../event/index.ts';
import { jsonLine, printable } from '../../json/index.ts';
import { tableLines } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** Asks rules of each event of a recorded log, prints what they find, and counts. Throws ConfigError if it cannot be read. */
export async function tryOut(
  file: string,
  rules: readonly Rule[],
  terminal: Terminal,
  isJson: boolean,
): Promise<void> {
  const detector = new Detector({ ruleSet: ruleSet(rules), ownNamespace: 'auditseal' });
  const counts = new Map<string, number>();
  let [line, events] = [0, 0];
  for await (const text of linesOf(file)) {
    line += 1;
    const bytes = Buffer.from(text);
    const event = parseEvent(bytes);
    if (event === undefined) continue;
    events += 1;
    const fired = detector.detect(event, bytes, new Date());
    for (const { text: rule } of fired) counts.set(rule.id, (counts.get(rule.id) ?? 0) + 1);
    if (fired.length > 0) terminal.out(matchLine(line, event, fired, isJson));
  }
  if (isJson) return;
  const rows = [...counts].toSorted(([, a], [, b]) => b - a);
  terminal.out(`${events} events, ${rows.length} of ${rules.length} rules fired\n`);
  if (rows.length === 0) return;
  const columns = [{ heading: 'rule' }, { heading: 'events' }];
  for (const one of tableLines({ columns, rows }, rows.length)) terminal.out(`${one}\n`);
}

function matchLine(line: number, event: AuditEvent, fired: readonly Rule[], isJson: boolean): string {
  const { auditID, stageTimestamp, verb, requestURI } = event;
  const user = isFields(event.user) ? textOf(event.user['username']) : undefined;
  const rules = fired.map(({ text: { id, severity } }) => ({ id, severity }));
  if (isJson) return jsonLine({ line, auditID, stageTimestamp, user, verb, requestURI, rules });
  const parts = [textOf(stageTimestamp), user, textOf(verb), textOf(requestURI)];
  const names = rules.map(({ id, severity }) => `${id} (${severity})`).join(', ');
  return `${line}: ${printable(parts.map((part) => part ?? '-').join(' ')).slice(0, 200)}: ${names}\n`;
}

async function* linesOf(file: string): AsyncGenerator<string> {
  const source = createReadStream(file);
  const stream = file.endsWith('.gz') ? createGunzip() : undefined;
  let failure: unknown;
  const copied = stream && pipeline(source, stream).catch((error: unknown) => (failure = error));
  try {
    yield* createInterface({ input: stream ?? source, crlfDelay: Infinity });
    await copied;
    if (failure !== undefined) throw failure;
  } catch (cause) {
    throw new ConfigError('rules', [`${file} cannot be read: ${messageOf(cause)}`], { cause });
  }
}
