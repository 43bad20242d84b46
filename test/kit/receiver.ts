import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { standIn } from './stand-in.ts';
import type { Reply, StandIn } from './stand-in.ts';

/** What a webhook is told of one alert, as far as tests read it. */
export interface ToldAlert {
  key: string;
  rule: string;
  count: number;
  to: string;
  samples: { user: string; auditId: string; eventId: string }[];
}

export interface Receiver extends StandIn {
  /** The configuration's `notifications` with this receiver as its one endpoint, `security`. */
  notifications: { endpoints: Record<string, unknown>[] };
  /** Of all requests so far. */
  alerts(): ToldAlert[];
  /** All bodies so far. */
  said(): string;
}

/**
 * A webhook's receiver: a server that answers as Standard Webhooks says.
 *
 * @param more keys of the endpoint over those that let it be told of everything at once
 */
export async function startReceiver(
  folder: string,
  reply: Reply | (() => Reply) = { status: 204 },
  more: Record<string, unknown> = {},
): Promise<Receiver> {
  const server = await standIn(reply);
  const keyFile = join(folder, 'signing-key');
  await writeFile(keyFile, `whsec_${Buffer.alloc(32, 7).toString('base64')}\n`);
  const endpoint = {
    name: 'security',
    type: 'webhook',
    url: `${server.url}/hook`,
    keyFile,
    allowPrivateAddresses: true,
    perMinuteMax: 600,
    groupSeconds: 0,
    ...more,
  };
  const bodies = () => server.requests.map(({ body }) => body.toString());
  return {
    ...server,
    notifications: { endpoints: [endpoint] },
    alerts: () =>
      bodies().flatMap((body) => (JSON.parse(body) as { data: { alerts: ToldAlert[] } }).data.alerts),
    said: () => bodies().join('\n'),
  };
}

/** A rule that finds every event, in a file. */
export async function everyEventRule(folder: string): Promise<string> {
  const file = join(folder, 'every-event.yaml');
  const rule = {
    id: 'every-event',
    title: 'An event',
    when: 'event.stage != ""',
    severity: 'critical',
    next: 'Nothing.',
    false_positives: 'All.',
    needs: 'Metadata',
  };
  await writeFile(file, JSON.stringify({ rules: [rule] }));
  return file;
}
