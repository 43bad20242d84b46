import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEvent } from '../../agent/event/index.ts';
import { shapeEvent } from '../../agent/document/index.ts';
import { bulk } from '../../agent/elasticsearch/index.ts';
import type { ElasticsearchClient } from '../../agent/elasticsearch/index.ts';
import { eventStream } from '../../agent/streams/index.ts';
import { gzipBody } from './body.ts';

const fixtures = join(import.meta.dirname, 'fixtures');
const atOnce = 1000;

/** What a real kube-apiserver wrote: the recorded lines that Elasticsearch takes, each once. */
export async function recordedLines(): Promise<string[]> {
  const folder = join(fixtures, 'rotating');
  const files = [
    join(fixtures, 'samples.jsonl'),
    ...(await readdir(folder)).map((name) => join(folder, name)),
  ];
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const lines = texts.flatMap((text) => text.split('\n')).filter((line) => line.endsWith('}'));
  return [...new Set(lines)];
}

/** What the recording has no example of: pods that rules look for, and a request by a pod. */
export const ownLines: readonly string[] = [
  { hostPID: true, hostNetwork: true, serviceAccountName: 'builder', nodeName: 'cp-1' },
  { hostPID: false, hostIPC: true, serviceAccountName: 'default' },
].map((spec, i) =>
  JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'RequestResponse',
    auditID: `own-${i}`,
    stage: 'ResponseComplete',
    requestURI: '/api/v1/namespaces/lab/pods',
    verb: 'create',
    user: {
      username: 'system:serviceaccount:lab:app',
      groups: ['system:serviceaccounts'],
      extra: { 'authentication.kubernetes.io/pod-name': [`app-${i}`] },
    },
    sourceIPs: ['10.0.0.7'],
    objectRef: { resource: 'pods', namespace: 'lab', name: `own-${i}`, apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 201 },
    requestObject: {
      kind: 'Pod',
      spec: {
        ...spec,
        containers: [
          { image: 'a' },
          {
            image: 'b',
            securityContext: { privileged: true, capabilities: { add: ['SYS_ADMIN', `own-${i}`] } },
          },
        ],
      },
    },
    stageTimestamp: '2026-11-23T01:06:03.433599Z',
  }),
);

/** The document that the agent makes of a line. */
export function documentOf(line: string, index: number, namespace: string): { id: string; source: string } {
  const bytes = Buffer.from(line);
  const event = parseEvent(bytes);
  if (!event) throw new Error(`no audit event: ${line.slice(0, 200)}`);
  const context = {
    cluster: 'prod',
    node: 'cp-1',
    namespace,
    origin: 'prod/cp-1/kube-apiserver/20261123T000000Z',
    logId: '0123456789abcdef',
    agentVersion: '0.0.0',
    ecsVersion: '9.4.0',
  };
  const place = { index, batch: 0, path: '/var/log/audit.log', offset: 0, readAt: new Date(0) };
  const { pieces } = shapeEvent(event, [bytes], context, place, {
    entryBytesMax: 1e9,
    lineBytes: bytes.length,
    mac: () => '',
  });
  const source = Buffer.concat(pieces.map((piece) => Buffer.from(piece))).toString();
  return { id: String(index), source };
}

/** Ships the lines' documents, and returns the lines that were taken. */
export async function ship(
  client: ElasticsearchClient,
  namespace: string,
  lines: readonly string[],
): Promise<{ taken: string[]; refused: string[] }> {
  const result: { taken: string[]; refused: string[] } = { taken: [], refused: [] };
  const stream = eventStream(namespace);
  for (let at = 0; at < lines.length; at += atOnce) {
    const some = lines.slice(at, at + atOnce);
    const documents = some.map((line, i) => documentOf(line, at + i, namespace));
    const { items } = await bulk(client, { stream, gzipBody: gzipBody(documents), count: some.length });
    for (const [i, { status }] of items.entries())
      (status === 201 ? result.taken : result.refused).push(some[i] ?? '');
  }
  return result;
}
