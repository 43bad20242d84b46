import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startReceiver } from '../../test/kit/receiver.ts';
import { BusyAgent } from '../etcd/busy-agent.ts';
import { percentile } from '../etcd/load.ts';
import { PacedWriter } from '../latency/paced-writer.ts';
import { Sink } from '../throughput/sink.ts';
import { usageOf } from '../throughput/usage.ts';

/**
 * `node bench/notify/main.ts [--rate 2000] [--seconds 30] [--matches 2]`: how long a match takes from the writing of its line until
 * its notification is received, among so many events a second, with the defaults; Elasticsearch is a sink.
 */
const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '2000' },
    seconds: { type: 'string', default: '30' },
    /** A second. */
    matches: { type: 'string', default: '2' },
  },
});
const [rate, seconds, matches] = [Number(values.rate), Number(values.seconds), Number(values.matches)];
const warmSeconds = 5;
const lateSeconds = 60;

const folder = mkdtempSync(join(tmpdir(), 'auditseal-bench-notify-'));
const receivedAt = new Map<string, number>();
const receiver = await startReceiver(folder, () => {
  const now = Date.now();
  for (const { auditId } of receiver.alerts().flatMap(({ samples }) => samples))
    if (!receivedAt.has(auditId)) receivedAt.set(auditId, now);
  receiver.requests.length = 0;
  return { status: 204 };
});
const sink = await Sink.start();
const run = join(folder, 'run');
const agent = await BusyAgent.start({
  folder: run,
  stateDir: join(folder, 'state'),
  elasticsearch: { url: `http://127.0.0.1:${sink.port}` },
  // Of the recorded lines some match as well; they are not measured.
  more: {
    notifications: {
      endpoints: [
        { ...receiver.notifications.endpoints[0], minSeverity: 'critical', rules: ['exec-into-kube-system'] },
      ],
    },
  },
});
try {
  const log = join(run, 'logs/audit.log');
  const before = usageOf(agent.pid).cpuSeconds;
  const writing = new PacedWriter(log).write(rate, warmSeconds + seconds);
  const writtenAt = new Map<string, number>();
  const until = performance.now() + (warmSeconds + seconds) * 1000;
  for (let n = 0; performance.now() < until; n += 1) {
    const auditId = `bench-${n}`;
    appendFileSync(log, `${exec(auditId)}\n`);
    writtenAt.set(auditId, Date.now());
    // At no fixed time after a commit.
    await delay((1000 / matches) * (0.5 + Math.random()));
  }
  await writing;
  const core = ((usageOf(agent.pid).cpuSeconds - before) / (warmSeconds + seconds)) * 100;
  const end = performance.now() + lateSeconds * 1000;
  while (performance.now() < end && [...writtenAt.keys()].some((id) => !receivedAt.has(id))) await delay(50);
  const measured = [...writtenAt].slice(warmSeconds * matches);
  const waits = measured.flatMap(([id, at]) => {
    const received = receivedAt.get(id);
    return received === undefined ? [] : [(received - at) / 1000];
  });
  const [p50, p99, most] = [0.5, 0.99, 1].map((quantile) => percentile(waits, quantile).toFixed(2));
  console.log(
    `${waits.length} of ${measured.length} matches among ${rate} events/s: p50 ${p50} s, p99 ${p99} s, max ${most} s; agent ${core.toFixed(0)} % of a core (load ${loadavg()[0]?.toFixed(1)})`,
  );
} finally {
  await agent.stop();
  await sink.close();
  await receiver[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
}

/** Each by a user of his own, so that each is an alert of its own. */
function exec(auditID: string): string {
  return JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID,
    stage: 'ResponseComplete',
    requestURI: '/api/v1/namespaces/kube-system/pods/web-0/exec?command=sh&stdin=true&tty=true',
    verb: 'create',
    user: { username: auditID, groups: ['system:authenticated'] },
    sourceIPs: ['192.0.2.7'],
    objectRef: {
      resource: 'pods',
      subresource: 'exec',
      namespace: 'kube-system',
      name: 'web-0',
      apiVersion: 'v1',
    },
    responseStatus: { metadata: {}, code: 101 },
    stageTimestamp: new Date().toISOString(),
    annotations: { 'authorization.k8s.io/decision': 'allow' },
  });
}
