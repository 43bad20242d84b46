import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Input } from './input.ts';
import type { Place, Shipper } from './shipper.ts';

/** A policy that drops nothing, for a comparison with shippers that have none. */
const keepPolicy = 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n  - level: RequestResponse\n';

export interface AuditsealOptions {
  /** The `auditseal.js` of a build, or an `agent/cli/main.ts`. */
  main: string;
  policy: 'default' | 'keep';
  /** Options for Node: --cpu-prof and the like. */
  nodeOptions: string[];
  /** Tells it from another build in the table. */
  suffix?: string;
}

/** The agent as it is shipped: `auditseal run` with nothing but the settings that have no default. */
export function auditseal({ main, policy, nodeOptions, suffix = '' }: AuditsealOptions): Shipper {
  return {
    name: `auditseal, ${policy === 'keep' ? 'keeps all' : 'default policy'}${suffix}`,
    command: (place) => [
      process.execPath,
      ...nodeOptions,
      main,
      'run',
      '--config',
      writeConfig(place, policy),
    ],
    expected: expectedDocuments,
  };
}

function writeConfig(place: Place, policy: AuditsealOptions['policy']): string {
  const policyFile = join(place.state, 'policy.yaml');
  writeFileSync(policyFile, keepPolicy);
  const config = join(place.state, 'auditseal.yaml');
  const lines = [
    'cluster: bench',
    'node: bench',
    `stateDir: ${join(place.state, 'state')}`,
    `sources: [{ name: kube-apiserver, path: ${join(place.logs, 'audit.log')} }]`,
    ...(policy === 'keep' ? [`policyFile: ${policyFile}`] : []),
    `elasticsearch: { urls: ['http://127.0.0.1:${place.sinkPort}'] }`,
    'http: { port: 0 }',
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  return config;
}

/** What the metrics say that was read, less what policy dropped; undefined until all is read. */
async function expectedDocuments(input: Input, place: Place): Promise<number | undefined> {
  const port = /"server\.port":(\d+)/.exec(readFileSync(place.output, 'utf8'))?.[1];
  if (port === undefined) return undefined;
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  if (sumOf(metrics, 'auditseal_read_lines_total') < input.lines) return undefined;
  const expected =
    sumOf(metrics, 'auditseal_pieces_total') + input.lines - sumOf(metrics, 'auditseal_dropped_events_total');
  // A batch counts when its record has been acknowledged, too.
  return sumOf(metrics, 'auditseal_shipped_events_total') === expected ? expected : undefined;
}

/** The sum of a counter over its labels. */
function sumOf(metrics: string, name: string): number {
  let sum = 0;
  for (const [, value] of metrics.matchAll(new RegExp(`^${name}(?:{[^}]*})? (\\S+)$`, 'gm')))
    sum += Number(value);
  return sum;
}
