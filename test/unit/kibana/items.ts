import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { droppedLines } from './dropped-lines.ts';
import { glued, ownEvents, refused, tooLong, torn } from './own-lines.ts';

/** An event as the apiserver wrote it, as far as the expectations look. */
export interface RawEvent {
  level?: string;
  stage?: string;
  verb?: string;
  requestURI?: string;
  user?: { username?: string; extra?: Record<string, string[]> };
  impersonatedUser?: { username?: string };
  sourceIPs?: string[];
  userAgent?: string;
  objectRef?: {
    resource?: string;
    subresource?: string;
    namespace?: string;
    name?: string;
    apiGroup?: string;
    apiVersion?: string;
  };
  responseStatus?: { code?: number };
  annotations?: Record<string, string>;
  requestObject?: {
    roleRef?: { name?: string };
    spec?: {
      hostPID?: boolean;
      hostNetwork?: boolean;
      hostIPC?: boolean;
      containers?: { image?: string; securityContext?: { privileged?: boolean } }[];
      volumes?: { hostPath?: { path?: string } }[];
    };
  };
  stageTimestamp?: string;
}

/** What should be one document of the event stream. */
export interface Item {
  event: RawEvent;
  /** False: the event itself cannot be searched, for one of the reasons that a document can have. */
  whole: boolean;
  trouble?: 'pipeline_error' | 'cut' | 'recovered';
}

const folder = join(import.meta.dirname, '../../kit/fixtures/rotating');
/** Of the recorded files as many as Elasticsearch's cardinality counts exactly (3000 values), and all kinds of events are in. */
const names = ['audit-2026-11-23T01-06-04.021.log', 'audit-2026-11-23T01-06-06.146.log', 'audit.log'];
const own: Item[] = [
  ...ownEvents.map((line): Item => ({ event: parse(line), whole: true })),
  { event: { ...parse(refused), requestObject: {} }, whole: true, trouble: 'pipeline_error' },
  { event: { ...parse(tooLong), requestObject: {} }, whole: true, trouble: 'cut' },
  { event: {}, whole: false, trouble: 'pipeline_error' },
  { event: parse(glued), whole: true, trouble: 'recovered' },
];

function parse(line: string): RawEvent {
  return JSON.parse(line) as RawEvent;
}

/** The recorded files by name, the live one with our lines behind it. */
export async function logFiles(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const name of names) files.set(name, await readFile(join(folder, name), 'utf8'));
  const lines = [...ownEvents, ...droppedLines, refused, tooLong, torn + glued].map((line) => `${line}\n`);
  files.set('audit.log', (files.get('audit.log') ?? '') + lines.join(''));
  return files;
}

/** All documents that there should be, told from the raw lines alone. */
export async function items(): Promise<Item[]> {
  const recorded: Item[] = [];
  for (const name of names)
    for (const line of (await readFile(join(folder, name), 'utf8')).split('\n'))
      if (line !== '') recorded.push({ event: parse(line), whole: true });
  return [...recorded, ...own];
}
