import { stringify } from 'yaml';
import { z } from 'zod';
import { least, objectsOf, template } from './helm.ts';

const head = `# Alerts of the CronJobs that verify (charts/auditseal, verify.enabled), by kube-state-metrics: for \`rule_files\`, beside
# prometheus-rules.yaml. The chart's own PrometheusRule has them with the names of the release; these are for a release auditseal in
# the namespace auditseal. Load them only where the CronJobs are: without them AuditsealVerifyAbsent fires. Made by
# \`node test/platform/charts/write.ts\`; do not edit.
`;

const rule = z.looseObject({ spec: z.object({ groups: z.array(z.unknown()).min(1) }) });

/** What the chart's PrometheusRule for the CronJobs says. `set` is as of `helm --set`. */
export async function verifyRules(helm: string, ...set: string[]): Promise<unknown> {
  const values = [
    least,
    'verify.enabled=true',
    'verify.existingSecret=keys',
    'metrics.prometheusRule.enabled=true',
    ...set,
  ];
  const objects = objectsOf(await template(helm, '--set', values.join(',')));
  const { spec } = rule.parse(
    objects.find(({ kind, metadata }) => kind === 'PrometheusRule' && metadata.name.endsWith('-verify')),
  );
  return spec;
}

/** \`manifests/prometheus-rules-verify.yaml\`. */
export async function verifyRulesText(helm: string): Promise<string> {
  return head + stringify(await verifyRules(helm), { lineWidth: 0 });
}
