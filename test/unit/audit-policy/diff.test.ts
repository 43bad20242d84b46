import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AuditPolicy, decodeAuditPolicy, diffPolicies, wordsOf } from '../../../agent/audit-policy/index.ts';
import type { AuditRequest, PolicyDiff } from '../../../agent/audit-policy/index.ts';
import { effectOf } from '../../../agent/audit-policy/diff.ts';

const recommended = readFileSync(new URL('../../../manifests/audit-policy.yaml', import.meta.url), 'utf8');
const parsed = (text: string) => decodeAuditPolicy(text).policy;
const head = 'apiVersion: audit.k8s.io/v1\nkind: Policy\n';

async function words(before: string, after: string): Promise<string[]> {
  return wordsOf(await diffPolicies(parsed(before), parsed(after)));
}

describe('in words', () => {
  const base = `${head}rules: [{level: Metadata}]`;
  const rules = (first: string, more = '{level: Metadata}') => `${head}rules: [${first}, ${more}]`;

  test.each([
    [base, base, []],
    [
      base,
      rules(`{level: None, resources: [{group: '', resources: [secrets]}]}`),
      ['secrets are no longer logged (Metadata before)'],
    ],
    [
      rules(`{level: Request, resources: [{group: '', resources: [pods/exec]}]}`),
      base,
      ['level of pods/exec went from Request to Metadata'],
    ],
    [
      rules(`{level: Request, resources: [{group: '', resources: [pods/exec]}]}`),
      rules(`{level: None, resources: [{group: '', resources: [pods/exec]}]}`),
      ['pods/exec are no longer logged (Request before)'],
    ],
    [
      base,
      rules(
        `{level: RequestResponse, resources: [{group: rbac.authorization.k8s.io}], verbs: [create, update]}`,
      ),
      [
        'level of clusterrolebindings.rbac.authorization.k8s.io, rolebindings.rbac.authorization.k8s.io, clusterroles.rbac.authorization.k8s.io, roles.rbac.authorization.k8s.io, and other resources of rbac.authorization.k8s.io went from Metadata to RequestResponse for create and update',
      ],
    ],
    [
      base,
      rules(`{level: None, users: ['system:kube-proxy'], verbs: [watch]}`),
      ['all requests are no longer logged for watch, by system:kube-proxy (Metadata before)'],
    ],
    [
      base,
      rules(`{level: None, namespaces: [payments]}`).replace('[{', '[{'),
      ['all resources in payments are no longer logged (Metadata before)'],
    ],
    [
      base,
      rules(
        `{level: None, resources: [{group: '', resources: [configmaps], resourceNames: [leader]}], namespaces: [kube-system]}`,
      ),
      ['configmaps named leader in kube-system are no longer logged (Metadata before)'],
    ],
    [
      base,
      `${head}omitStages: [ResponseStarted]\nrules: [{level: Metadata}]`,
      ['stage ResponseStarted is no longer written, of all requests'],
    ],
    [
      base,
      rules(`{level: None, nonResourceURLs: ['/healthz*', /version]}`),
      ['/version and /healthz* are no longer logged (Metadata before)'],
    ],
    [
      rules(`{level: None, userGroups: ['system:nodes']}`),
      base,
      ['all requests are now logged at Metadata, by members of system:nodes'],
    ],
    [
      `${head}rules: [{level: Metadata, omitStages: [RequestReceived, ResponseStarted, ResponseComplete, Panic]}]`,
      base,
      ['all requests are now logged at Metadata'],
    ],
  ])('%#', async (before, after, expected) => {
    expect(await words(before, after)).toEqual(expected);
  });

  test('a misspelt key that widens a rule is said by what it does', async () => {
    const misspelt = recommended.replace(
      'rules:\n',
      'rules:\n  - level: None\n    namespace: [kube-system]\n',
    );
    const said = await words(recommended, misspelt);
    expect(said[0]).toMatch(/^secrets, configmaps, .* are no longer logged/u);
  });

  test('what takes something away comes first', async () => {
    const diff = await diffPolicies(
      parsed(`${head}rules: [{level: None, resources: [{group: '', resources: [pods]}]}, {level: Metadata}]`),
      parsed(
        `${head}rules: [{level: None, resources: [{group: '', resources: [secrets]}]}, {level: Metadata}]`,
      ),
    );
    expect(diff.changes.map(({ isWeaker }) => isWeaker)).toEqual([true, false]);
  });
});

const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** The changes that are about a request, by the classes that its words are made of. */
function changesFor({ space, changes }: PolicyDiff, asked: AuditRequest) {
  const of = space.classOf(asked);
  if (of === undefined) throw new Error('the generator gives nobody two groups that are named');
  return changes.filter(
    (change) =>
      change.verbs.includes(of.verb) &&
      change.identities.some(({ identity: who }) => isSame(who, of.identity)) &&
      change.objects.some(({ object: what }) => isSame(what, of.object)),
  );
}

const texts = (...values: string[]) => fc.subarray(values, { maxLength: 2 });

describe('the words agree with what each policy decides', () => {
  const users = ['system:kube-proxy', 'system:anonymous', 'alice'];
  const groups = ['system:nodes', 'system:authenticated', 'system:unauthenticated', 'devs'];
  const verbs = ['get', 'list', 'create', 'patch', 'head'];
  const resources = ['*', 'pods', 'pods/exec', 'pods/*', '*/scale', 'secrets', 'deployments', 'widgets'];
  const stageNames = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'];
  const item = fc.record({
    group: fc.constantFrom('', 'apps', 'example.org', '*'),
    resources: fc.subarray(resources, { minLength: 1, maxLength: 3 }),
    resourceNames: texts('leader', 'other'),
  });
  const level = fc.constantFrom('None', 'Metadata', 'Request', 'RequestResponse');
  const common = {
    level,
    users: texts(...users),
    userGroups: texts(...groups),
    verbs: texts(...verbs),
    omitStages: fc.subarray(stageNames),
  };
  const rule = fc.oneof(
    fc.record({
      ...common,
      resources: fc.array(item, { maxLength: 2 }),
      namespaces: texts('kube-system', ''),
    }),
    fc.record({ ...common, nonResourceURLs: texts('/api*', '/healthz', '/api/v1*', '*') }),
  );
  const policy = fc
    .record({
      omitStages: fc.subarray(stageNames, { maxLength: 1 }),
      rules: fc.array(rule, { minLength: 1, maxLength: 4 }),
    })
    .map((body) => parsed(JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', ...body })));

  const identity = fc.oneof(
    fc
      .constantFrom(...users, 'bob')
      .map((user) =>
        user === 'system:anonymous'
          ? { user, groups: ['system:unauthenticated'] }
          : { user, groups: ['system:authenticated'] },
      ),
    fc.constantFrom('system:nodes', 'devs', 'strangers').map((group) => ({
      user: 'bob',
      groups: [group, 'system:authenticated'],
    })),
  );
  const object = fc.oneof(
    fc.record({
      kind: fc.record({
        group: fc.constantFrom('', 'apps', 'example.org', 'batch', 'unheard.of'),
        resource: fc.constantFrom('pods', 'secrets', 'deployments', 'widgets', 'jobs', 'unheard'),
        subresource: fc.constantFrom('', 'exec', 'scale', 'log', 'unheard'),
      }),
      namespace: fc.constantFrom('', 'kube-system', 'default'),
      name: fc.constantFrom('', 'leader', 'other', 'unheard'),
    }),
    fc
      .constantFrom('/', '/api', '/api/v1', '/api/v1/x', '/apis', '/healthz', '/healthz/ping')
      .map((path) => ({ path })),
  );
  const request = fc.record({ identity, verb: fc.constantFrom(...verbs, 'watch', 'unheard'), object });

  test('a request is in exactly one of the sentences if something else is written of it, with that effect, and else in none', async () => {
    await fc.assert(
      fc.asyncProperty(
        policy,
        policy,
        fc.array(request, { minLength: 40, maxLength: 60 }),
        async (a, b, asked) => {
          const diff = await diffPolicies(a, b);
          expect(wordsOf(diff)).toHaveLength(diff.changes.length);
          const [before, after] = [new AuditPolicy(a), new AuditPolicy(b)];
          for (const one of asked) {
            const [was, is] = [before.writtenOf(one), after.writtenOf(one)];
            const effect = effectOf(was, is);
            const found = changesFor(diff, one);
            expect(found.map((change) => change.effect)).toEqual(effect ? [effect] : []);
            if (effect) expect(found[0]!.levelsBefore).toContain(was.level);
          }
        },
      ),
      { numRuns: 8 },
    );
  });
});
