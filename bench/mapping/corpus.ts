import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { parseEvent } from '../../agent/event/index.ts';
import { shapeEvent } from '../../agent/document/index.ts';
import type { DocumentContext } from '../../agent/document/index.ts';

/** Length of the corpus' recording; each repetition is put that much later, under its own ids. */
const dayMilliseconds = 86_400_000;

/** At most `max` lines of a recorded audit log (`.gz` or plain). */
export async function readLines(file: string, max: number): Promise<string[]> {
  const bytes = createReadStream(file);
  const lines: string[] = [];
  for await (const line of createInterface({
    input: file.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes,
  })) {
    if (line.startsWith('{') && line.endsWith('}')) lines.push(line);
    if (lines.length === max) break;
  }
  return lines;
}

/** The line as if the apiserver had written it `repetition` days later, about another request. */
export function later(line: string, repetition: number): string {
  if (repetition === 0) return line;
  return line
    .replace(/"auditID":"(.{8})/u, (_all, head: string) => `"auditID":"${other(head, repetition)}`)
    .replaceAll(
      /"((?:requestReceived|stage)Timestamp)":"([^"]{23})/gu,
      (_all, name: string, time: string) => {
        const moved = new Date(Date.parse(`${time}Z`) + repetition * dayMilliseconds).toISOString();
        return `"${name}":"${moved.slice(0, 23)}`;
      },
    );
}

function other(head: string, repetition: number): string {
  return ((Number.parseInt(head, 16) || 0) + repetition).toString(16).padStart(8, '0').slice(-8);
}

/** The lines of a bulk body for the document that the agent makes of a line; undefined for what is no audit event. */
export function bulkLines(line: string, index: number, context: DocumentContext): string | undefined {
  const bytes = Buffer.from(line);
  const event = parseEvent(bytes);
  if (!event) return undefined;
  const place = {
    index,
    batch: Math.floor(index / 1000),
    path: '/var/log/audit.log',
    offset: index * 1000,
    readAt: new Date(),
  };
  const { pieces } = shapeEvent(event, [bytes], context, place, {
    entryBytesMax: 1e9,
    lineBytes: bytes.length,
    mac: () => '',
  });
  const source = Buffer.concat(pieces.map((piece) => Buffer.from(piece))).toString();
  return `{"create":{"_id":"${context.logId}-${String(index).padStart(12, '0')}-0123456789abcdef"}}\n${source}\n`;
}
