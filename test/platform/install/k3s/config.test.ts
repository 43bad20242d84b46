import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readK3sConfig } from './config.ts';

const manifest = join(import.meta.dirname, '../../../../manifests/k3s-config.yaml');
const ours = [
  'audit-policy-file=/var/lib/rancher/k3s/server/audit.yaml',
  'audit-log-path=/var/lib/rancher/k3s/server/logs/audit.log',
  'audit-log-maxage=30',
  'audit-log-maxbackup=10',
  'audit-log-maxsize=100',
];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'auditseal-k3s-'));
  mkdirSync(join(folder, 'config.yaml.d'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const install = (name: string) => copyFileSync(manifest, join(folder, 'config.yaml.d', name));
const args = () => readK3sConfig(join(folder, 'config.yaml')).get('kube-apiserver-arg');

test('our file alone is enough', () => {
  install('zz-audit.yaml');
  expect(args()).toEqual(ours);
});

test('what a hardened cluster has in config.yaml stays, and ours comes behind it', () => {
  write('config.yaml', 'kube-apiserver-arg:\n  - audit-log-maxage=60\n  - request-timeout=300s\n');
  install('zz-audit.yaml');
  expect(args()).toEqual(['audit-log-maxage=60', 'request-timeout=300s', ...ours]);
});

test('a single value is a list, too', () => {
  write('config.yaml', 'kube-apiserver-arg: request-timeout=300s\nwrite-kubeconfig-mode: 0600\n');
  install('zz-audit.yaml');
  expect(args()).toEqual(['request-timeout=300s', ...ours]);
});

test('under the name of the guide no usual file takes ours away; under an early name it does', () => {
  write('config.yaml.d/hardening.yaml', 'kube-apiserver-arg:\n  - profiling=false\n');
  install('zz-audit.yaml');
  expect(args()).toEqual(['profiling=false', ...ours]);
  rmSync(join(folder, 'config.yaml.d/zz-audit.yaml'));
  install('audit.yaml');
  expect(args()).toEqual(['profiling=false']);
});
