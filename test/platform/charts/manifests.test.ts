import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { parseEvent } from '../../../agent/event/index.ts';
import { parsePolicy } from '../../../agent/policy/index.ts';
import { linesOf } from '../../kit/events.ts';
import { chart } from './helm.ts';

const folder = join(import.meta.dirname, '../../../manifests');
const read = (name: string) => readFileSync(join(folder, name), 'utf8');
const argument = z.object({ name: z.string(), value: z.string() });
const apiServer = z.looseObject({
  apiServer: z.object({
    extraArgs: z.union([
      z.array(argument).transform((list) => Object.fromEntries(list.map(({ name, value }) => [name, value]))),
      z.record(z.string(), z.string()),
    ]),
    extraVolumes: z.array(z.looseObject({ hostPath: z.string(), mountPath: z.string() })),
  }),
});

/** The sizes are the least that pass the CIS benchmark: 1.2.17 to 1.2.19 of cis-1.9 in kube-bench, days, files, MB. */
const flags = {
  'audit-policy-file': '/etc/kubernetes/policy.yaml',
  'audit-log-path': '/var/log/kubernetes/audit.log',
  'audit-log-maxage': '30',
  'audit-log-maxbackup': '10',
  'audit-log-maxsize': '100',
};

test.each(readdirSync(folder).filter((name) => name.endsWith('.yaml')))(
  '%s is YAML without a problem',
  (name) => {
    for (const document of parseAllDocuments(read(name)))
      expect([...document.errors, ...document.warnings]).toEqual([]);
  },
);

describe('the apiserver gets flags that pass the CIS benchmark, and mounts for both files', () => {
  const kind = z
    .looseObject({ kubeadmConfigPatches: z.tuple([z.string(), z.string()]) })
    .parse(parse(read('kind.yaml')));
  const [older, newer] = kind.kubeadmConfigPatches;
  test.each([
    ['kubeadm', read('kubeadm-cluster-configuration.yaml'), 'v1beta4'],
    ['kind with Kubernetes up to 1.35', older, 'v1beta3'],
    ['kind with Kubernetes from 1.36', newer, 'v1beta4'],
  ])('%s', (_name, text, version) => {
    const value: unknown = parse(text);
    expect(value).toMatchObject({ apiVersion: `kubeadm.k8s.io/${version}`, kind: 'ClusterConfiguration' });
    const { extraArgs, extraVolumes } = apiServer.parse(value).apiServer;
    expect(extraArgs).toEqual(flags);
    expect(extraVolumes.map(({ mountPath }) => mountPath)).toEqual([
      flags['audit-policy-file'],
      '/var/log/kubernetes',
    ]);
    for (const { hostPath, mountPath } of extraVolumes) expect(hostPath).toBe(mountPath);
  });

  test('a static pod that is there already', () => {
    const added = z
      .array(z.object({ op: z.literal('add'), path: z.string(), value: z.unknown() }))
      .parse(parse(read('kube-apiserver0+json.yaml')));
    const at = (path: string) => added.filter((one) => one.path === path).map(({ value }) => value);
    expect(at('/spec/containers/0/command/-')).toEqual(
      Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
    );
    expect(at('/spec/containers/0/volumeMounts/-')).toEqual([
      { name: 'audit-policy', mountPath: flags['audit-policy-file'], readOnly: true },
      { name: 'audit-log', mountPath: '/var/log/kubernetes' },
    ]);
    expect(at('/spec/volumes/-')).toEqual([
      { name: 'audit-policy', hostPath: { path: flags['audit-policy-file'], type: 'File' } },
      { name: 'audit-log', hostPath: { path: '/var/log/kubernetes', type: 'DirectoryOrCreate' } },
    ]);
    expect(added).toHaveLength(Object.keys(flags).length + 4);
  });

  test.each(['k3s', 'rke2'])('%s, in the folder that its values file reads', (name) => {
    const given = z
      .looseObject({ 'kube-apiserver-arg+': z.array(z.string()) })
      .parse(parse(read(`${name}-config.yaml`)));
    const set = Object.fromEntries(given['kube-apiserver-arg+'].map((text) => text.split('=')));
    const values = z
      .looseObject({ sources: z.tuple([z.looseObject({ path: z.string() })]) })
      .parse(parse(readFileSync(join(chart, 'ci', `${name}-values.yaml`), 'utf8')));
    expect(set).toMatchObject({
      'audit-log-path': values.sources[0].path,
      'audit-log-maxage': '30',
      'audit-log-maxbackup': '10',
      'audit-log-maxsize': '100',
    });
    // Last in its folder: a later file that sets the list anew would take these flags away.
    const guide = readFileSync(join(chart, '../../docs/install.md'), 'utf8');
    const policy = set['audit-policy-file'] ?? given['audit-policy-file'];
    expect(guide).toContain(`sudo cp manifests/audit-policy.yaml ${String(policy)}\n`);
    expect(guide).toContain(
      `cp manifests/${name}-config.yaml /etc/rancher/${name}/config.yaml.d/zz-audit.yaml\n`,
    );
  });
});

const resource = (event: { objectRef?: unknown }) =>
  z.looseObject({ resource: z.string() }).safeParse(event.objectRef).data?.resource ?? '';

describe('the recommended audit policy', () => {
  const policy = parsePolicy(read('audit-policy.yaml'));
  const recorded = linesOf('test/kit/fixtures/samples.jsonl')
    .map((line) => parseEvent(line))
    .filter((event) => event !== undefined);
  test('drops nothing but leases and the first of the two events of a request', () => {
    const dropped = recorded.filter((event) => policy.decide(event).action === 'drop');
    expect(
      new Set(dropped.map((event) => (event.stage === 'RequestReceived' ? event.stage : resource(event)))),
    ).toEqual(new Set(['RequestReceived', 'leases']));
  });

  test('keeps RequestReceived of what can be a patch, and of nothing else', () => {
    const users = [
      { username: 'alice', groups: ['system:authenticated'] },
      { username: 'system:anonymous', groups: ['system:unauthenticated'] },
      { username: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] },
      { username: 'system:kube-scheduler', groups: ['system:authenticated'] },
      {},
    ];
    const groups = ['', 'apps', 'events.k8s.io', 'rbac.authorization.k8s.io', 'authentication.k8s.io'];
    const resources = ['secrets', 'configmaps', 'pods', 'nodes', 'events', 'clusterroles', 'tokenreviews'];
    const received = (verb: string) =>
      users.flatMap((user) =>
        groups.flatMap((apiGroup) =>
          resources.flatMap((name) =>
            ['', 'status', 'proxy', 'exec'].map((subresource) =>
              request({
                verb,
                user,
                stage: 'RequestReceived',
                objectRef: { resource: name, apiGroup, subresource, namespace: 'prod', name: 'db' },
              }),
            ),
          ),
        ),
      );
    expect(received('patch')).not.toContain('drop');
    for (const verb of ['get', 'list', 'watch', 'create', 'update', 'delete', 'deletecollection'])
      expect(new Set(received(verb))).toEqual(new Set(['drop']));
  });

  test('writes what a node says of its addresses', () => {
    const node = { username: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] };
    const objectRef = { resource: 'nodes', subresource: 'status', name: 'n1' };
    for (const verb of ['patch', 'update'])
      expect(request({ user: node, verb, objectRef, stage: 'ResponseComplete' })).toBe('request');
  });

  test('writes no body of what holds credentials', () => {
    const credentials = recorded.filter(
      (event) =>
        /^(?:secrets|tokenreviews|certificatesigningrequests)$/u.test(resource(event)) &&
        event.stage !== 'RequestReceived',
    );
    expect(credentials.length).toBeGreaterThan(5);
    for (const event of credentials) expect(policy.decide(event)).toMatchObject({ action: 'metadata' });
  });

  const request = (member: object) =>
    policy.decide(
      parseEvent(
        Buffer.from(
          JSON.stringify({
            kind: 'Event',
            apiVersion: 'audit.k8s.io/v1',
            stage: 'ResponseStarted',
            requestURI: '/api/v1/nodes',
            verb: 'list',
            user: {},
            objectRef: { resource: 'nodes', apiVersion: 'v1' },
            ...member,
          }),
        ),
      )!,
    ).action;
  const secrets = { resource: 'secrets', namespace: 'prod', name: 'db', apiVersion: 'v1' };
  const anonymous = { user: { username: 'system:anonymous', groups: ['system:unauthenticated'] } };

  test('has failed logins and anonymous reads at level Request, for the rules that ask for it', () => {
    expect(request({})).toBe('request');
    expect(request(anonymous)).toBe('request');
    expect(request({ ...anonymous, verb: 'get', objectRef: secrets })).toBe('request');
  });

  test.each(['create', 'update', 'patch', 'delete'])(
    'writes no body of a secret, whoever tries: anonymous %s',
    (verb) => expect(request({ ...anonymous, verb, objectRef: secrets })).toBe('metadata'),
  );
});
