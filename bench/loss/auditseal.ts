import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Place, Shipper } from './shipper.ts';

const main = fileURLToPath(new URL('../../agent/cli/main.ts', import.meta.url));

/** The agent as it is shipped: the command of production, and only the settings that have no default, paths and port. */
export const auditseal: Shipper = {
  name: 'auditseal',
  form: 'auditseal',
  elasticsearch: '9.5.3',
  prepare: () => Promise.resolve(undefined),
  command: (place) => ({ arguments: [process.execPath, main, 'run', '--config', writeConfig(place)] }),
};

function writeConfig({ logs, state, sinkPort }: Place): string {
  const config = join(state, 'auditseal.yaml');
  const lines = [
    'cluster: bench',
    'node: bench',
    `stateDir: ${join(state, 'state')}`,
    `sources: [{ name: kube-apiserver, path: ${join(logs, 'audit.log')} }]`,
    `elasticsearch: { urls: ['http://127.0.0.1:${sinkPort}'] }`,
    'http: { port: 0 }',
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  return config;
}
