import { describe, expect, test } from 'vitest';
import { AuditPolicyError, decodeAuditPolicy } from '../../../agent/audit-policy/index.ts';

const policy = (rules: string, more = '') =>
  `apiVersion: audit.k8s.io/v1\nkind: Policy\n${more}rules:\n${rules}`;

function refused(text: string): string {
  try {
    decodeAuditPolicy(text);
  } catch (error) {
    if (error instanceof AuditPolicyError) return error.message;
    throw error;
  }
  return 'taken';
}

describe('what the apiserver forgives', () => {
  test('a key that it does not know is passed over, with its line, its path and what was meant', () => {
    const text = policy(
      [
        '- level: None',
        '  namespace: [kube-system]',
        '  resource: [pods]',
        '- level: Metadata',
        '  resources:',
        "  - group: ''",
        '    resourceName: [a]',
        '    resources: [pods]',
      ].join('\n'),
      'omitStage: [RequestReceived]\n',
    );
    const decoded = decodeAuditPolicy(text);
    expect(decoded.forgiven.map(({ line, path }) => `${line} ${path}`)).toEqual([
      '3 omitStage',
      '6 rules[0].namespace',
      '7 rules[0].resource',
      '11 rules[1].resources[0].resourceName',
    ]);
    expect(decoded.forgiven[1]!.what).toBe(
      'the apiserver does not know "namespace": it is passed over, so that the rule matches without it; meant is namespaces',
    );
    // The rule is for every namespace, then.
    expect(decoded.policy.rules[0]).toMatchObject({ level: 'None', namespaces: [], resources: [] });
    expect(decoded.policy.omitStages).toEqual([]);
  });

  test('extensions of ours are unknown to it', () => {
    const { forgiven } = decodeAuditPolicy(policy('- level: None\n  name: noise\n  own: true\n'));
    expect(forgiven.map(({ path }) => path)).toEqual(['rules[0].name', 'rules[0].own']);
  });

  test('null is what is not there', () => {
    const { policy: read, forgiven } = decodeAuditPolicy(
      policy('- level: Metadata\n  users: null\n  verbs:\n'),
    );
    expect(read.rules[0]).toMatchObject({ users: [], verbs: [] });
    expect(forgiven).toEqual([]);
  });
});

test('with what no apiserver starts with nothing is compared', () => {
  expect(refused('{')).toContain('is not YAML');
  expect(refused(policy('  []'))).toContain('at least one rule');
  expect(refused('kind: Policy\nrules: [{level: None}]')).toContain('apiVersion');
  expect(refused('apiVersion: audit.k8s.io/v1beta1\nkind: Policy\nrules: [{level: None}]')).toContain(
    'apiVersion',
  );
  expect(refused(policy('- level: none\n'))).toContain('line 4: rules[0].level');
  expect(
    refused(policy("- level: None\n  nonResourceURLs: [/version]\n  resources: [{group: ''}]\n")),
  ).toContain('rules cannot apply to both regular resources and non-resource URLs');
  expect(refused(policy('- level: Metadata\n'))).toBe('taken');
});

test('no content of a file that was named by mistake is in a message but names of keys, cut', () => {
  const { forgiven } = decodeAuditPolicy(policy(`- level: None\n  ${'k'.repeat(900)}: secret-value\n`));
  expect(forgiven[0]!.what).not.toContain('secret-value');
  expect(forgiven[0]!.what.length).toBeLessThan(300);
});
