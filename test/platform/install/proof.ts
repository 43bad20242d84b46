import assert from 'node:assert/strict';
import { z } from 'zod';
import { eventStream } from '../../../agent/streams/index.ts';
import { collect, until } from '../../kit/agent/index.ts';
import { auditLines } from '../cluster/audit-files.ts';
import type { Report } from '../cluster/report.ts';
import { plainElasticsearchUrl } from './services.ts';

/** The data streams' namespace of who does not ask for another. */
const namespace = 'auditseal';

const lineSchema = z.looseObject({
  verb: z.string(),
  user: z.looseObject({ username: z.string() }),
  objectRef: z.looseObject({ resource: z.string(), name: z.string().optional() }).optional(),
});

/** That what the guide's own user did on this cluster, by its apiserver's log, is in Elasticsearch, as the bytes that the apiserver wrote. */
export async function proveArrival(report: Report, auditLog: string): Promise<void> {
  await report.claim(
    "the guide's own `kubectl create secret`, as this apiserver wrote it, is in Elasticsearch",
    async () => {
      const wanted = auditLines(auditLog).filter(isCreation);
      assert.ok(wanted.length > 0, `${auditLog} has no such line`);
      let kept = new Map<string, number>();
      const arrived = async () => {
        kept = await collect(plainElasticsearchUrl, namespace);
        return wanted.every((line) => kept.has(line));
      };
      await until(arrived, () => `${kept.size} other events are in ${eventStream(namespace)}`, {
        millisecondsMax: 60_000,
        everyMilliseconds: 500,
      });
      const { user } = lineSchema.parse(JSON.parse(wanted[0]!));
      return `by ${user.username}; ${kept.size} events in ${eventStream(namespace)}`;
    },
  );
}

function isCreation(line: string): boolean {
  const { data } = lineSchema.safeParse(JSON.parse(line));
  return (
    data?.verb === 'create' &&
    data.objectRef?.resource === 'secrets' &&
    data.objectRef.name === 'auditseal-elasticsearch'
  );
}
