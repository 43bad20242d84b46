import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { blindElasticRules, blindRules, decodeAuditPolicy } from '../../../agent/audit-policy/index.ts';
import { builtInRules, parseRules } from '../../../agent/detect/index.ts';
import { elasticNeeds } from '../../../agent/audit-policy/elastic-rules.ts';
import { elasticNeedsText } from './elastic-needs.ts';

const head = 'apiVersion: audit.k8s.io/v1\nkind: Policy\n';
const parsed = (rules: string) => decodeAuditPolicy(`${head}rules: ${rules}`).policy;
const ids = (list: readonly { id: string }[]) => list.map(({ id }) => id);
const recommended = decodeAuditPolicy(
  readFileSync(new URL('../../../manifests/audit-policy.yaml', import.meta.url), 'utf8'),
).policy;

test('what Elastic’s rules need is what their queries say', () => {
  expect(
    readFileSync(new URL('../../../agent/audit-policy/elastic-rules.json', import.meta.url), 'utf8'),
  ).toBe(elasticNeedsText());
  expect(elasticNeeds).toHaveLength(51);
});

describe('our rules', () => {
  test('where all is written each can fire, so that each is about a kind that is asked about', () => {
    const { never, partly, count } = blindRules(parsed('[{level: RequestResponse}]'));
    expect([never, partly, count]).toEqual([[], [], builtInRules().length]);
  });

  test('where nothing is written none can', () => {
    const { never, count } = blindRules(parsed('[{level: None}]'));
    expect(never).toHaveLength(count);
  });

  test('at level Metadata those are blind that read bodies, and no other', () => {
    const { never, partly } = blindRules(parsed('[{level: Metadata}]'));
    const reading = builtInRules().filter(({ text }) => text.needs !== 'Metadata');
    expect(ids(never).toSorted()).toEqual(ids(reading.map(({ text }) => text)).toSorted());
    expect(partly).toEqual([]);
  });

  test('a kind that is not written blinds what is about it', () => {
    const { never } = blindRules(
      parsed(`[{level: None, resources: [{group: '', resources: [secrets]}]}, {level: RequestResponse}]`),
    );
    expect(ids(never)).toEqual([
      'secrets-listed-cluster-wide',
      'many-secrets-read',
      'secret-reads-denied',
      'secret-names-guessed',
      'secret-read-by-script',
      'service-account-token-secret-made',
      'bootstrap-token-made',
    ]);
    expect(never[0]!.needs).toBe('secrets (list, watch) at Metadata or more');
  });

  test('an exception for a user by his name blinds nothing', () => {
    const { never, partly } = blindRules(
      parsed(`[{level: None, users: ['system:kube-scheduler']}, {level: RequestResponse}]`),
    );
    expect([never, partly]).toEqual([[], []]);
  });

  test('a sequence is blind where its first event is not written', () => {
    const own = parseRules(
      `rules:
  - id: role-then-pod
    title: t
    when: event.objectRef.resource == "pods" && event.verb == "create"
    severity: low
    threat: [T1098]
    next: n
    false_positives: f
    needs: Metadata
    window: { by: [event.user.username], seconds: 60, after: 'rbac && changes' }
`,
      'own',
    );
    const blind = (rules: string) => ids(blindRules(parsed(rules), own).never);
    expect(blind('[{level: Metadata}]')).toEqual([]);
    expect(
      blind(`[{level: None, resources: [{group: rbac.authorization.k8s.io}]}, {level: Metadata}]`),
    ).toEqual(['role-then-pod']);
  });

  test('the recommended policy blinds four, which look into what it keeps out of the log', () => {
    expect(ids(blindRules(recommended).never)).toEqual([
      'long-lived-token-requested',
      'service-account-token-secret-made',
      'credentials-in-configmap',
      'client-certificate-requested',
    ]);
  });
});

const elasticNever = (level: string) => ids(blindElasticRules(parsed(`[{level: ${level}}]`)).never);

describe('Elastic’s rules', () => {
  test('no level is right for all', () => {
    expect(elasticNever('RequestResponse')).toEqual(['execution_user_exec_to_pod']);
    expect(elasticNever('Request')).toEqual([
      'persistence_cluster_admin_rolebinding_created',
      'persistence_sensitive_role_creation_or_modification',
      'privilege_escalation_role_patch_wildcard_verbs_resources_response',
    ]);
    expect(elasticNever('None')).toHaveLength(51);
  });

  test('what one needs is said with its level', () => {
    const [first] = blindElasticRules(parsed('[{level: RequestResponse}]')).never;
    expect(first!.needs).toBe('pods/exec (get, create) at Request, and no other level');
  });

  test('the recommended policy blinds none', () => {
    expect(blindElasticRules(recommended).never).toEqual([]);
  });

  test('a stage that is omitted blinds the rules that ask for it', () => {
    const policy = decodeAuditPolicy(
      `${head}omitStages: [ResponseComplete]\nrules: [{level: RequestResponse}]`,
    );
    expect(ids(blindElasticRules(policy.policy).never)).toContain('execution_forbidden_creation_request');
  });
});
