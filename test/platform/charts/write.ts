import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configurationKeys } from './configuration.ts';
import { grafanaDashboard } from './grafana.ts';
import { chart, findHelm } from './helm.ts';
import { manifest } from './manifest.ts';
import { chartReadme } from './readme.ts';
import { policyJsonSchema, units, valuesSchema } from './values-schema.ts';
import { verifyRulesText } from './verify-rules.ts';

const manifests = join(import.meta.dirname, '../../../manifests');

/** Writes what is made from something else: the schemas of the values and of a policy, the chart's README, alerts and Grafana dashboard, the plain manifests, the page of the agent's keys. Tests fail when they drift. */
await writeFile(join(chart, 'values.schema.json'), `${JSON.stringify(valuesSchema(), null, 2)}\n`);
await writeFile(join(chart, 'files/policy.schema.json'), `${JSON.stringify(policyJsonSchema(), null, 2)}\n`);
await writeFile(join(chart, 'files/units.json'), `${JSON.stringify(units(), null, 2)}\n`);
await writeFile(
  join(chart, 'files/grafana-dashboard.json'),
  `${JSON.stringify(grafanaDashboard(), null, 2)}\n`,
);
await writeFile(join(chart, 'README.md'), chartReadme());
await writeFile(join(manifests, '../docs/configuration-keys.md'), configurationKeys());
await copyFile(join(manifests, 'prometheus-rules.yaml'), join(chart, 'files/prometheus-rules.yaml'));
const helm = await findHelm();
await writeFile(join(manifests, 'auditseal.yaml'), await manifest(helm));
await writeFile(join(manifests, 'prometheus-rules-verify.yaml'), await verifyRulesText(helm));
