import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const manifest = z.looseObject({
  version: z.string(),
  homepage: z.string(),
  repository: z.object({ url: z.string() }).loose(),
  bugs: z.object({ url: z.string() }),
});
const chart = z.looseObject({
  version: z.string(),
  appVersion: z.string(),
  home: z.string(),
  icon: z.string(),
  sources: z.array(z.string()),
});

/** semver.org, without build metadata: a tag of an image cannot hold a plus sign. */
const semver = /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[\dA-Za-z.-]+)?$/u;

/**
 * What CHANGELOG.md says of a version. Throws an Error with everything for which the checkout in `root` is no release of it:
 * versions that differ, no section with a date, addresses that are placeholders (RFC 2606, `.example`).
 */
export async function releaseNotes(root: string, version: string): Promise<string> {
  const read = async (path: string) => await readFile(join(root, path), 'utf8');
  const ofNpm = manifest.parse(JSON.parse(await read('package.json')));
  const ofChart = chart.parse(parse(await read('charts/auditseal/Chart.yaml')));
  const notes = sectionOf(await read('CHANGELOG.md'), version);

  const problems: string[] = [];
  if (!semver.test(version))
    problems.push(`${version} is no version as semver.org has it, 1.2.3 or 1.2.3-rc.1`);
  for (const [where, found] of [
    ['package.json: version', ofNpm.version],
    ['charts/auditseal/Chart.yaml: version', ofChart.version],
    ['charts/auditseal/Chart.yaml: appVersion', ofChart.appVersion],
  ])
    if (found !== version) problems.push(`${where} is ${found}, not ${version}`);
  for (const [where, address] of [
    ['package.json: homepage', ofNpm.homepage],
    ['package.json: repository.url', ofNpm.repository.url],
    ['package.json: bugs.url', ofNpm.bugs.url],
    ['charts/auditseal/Chart.yaml: home', ofChart.home],
    ['charts/auditseal/Chart.yaml: icon', ofChart.icon],
    ...ofChart.sources.map((source) => ['charts/auditseal/Chart.yaml: sources', source]),
  ] as [string, string][])
    if (isPlaceholder(address)) problems.push(`${where} is a placeholder (${address}): name what exists`);
  if (notes === undefined)
    problems.push(`CHANGELOG.md has no section "## [${version}] - YYYY-MM-DD" with a line in it`);
  if (problems.length > 0 || notes === undefined)
    throw new Error(`this is no release of ${version}:\n  ${problems.join('\n  ')}`);
  return notes;
}

function isPlaceholder(address: string): boolean {
  return new URL(address.replace(/^git\+/u, '')).hostname.endsWith('.example');
}

function sectionOf(changelog: string, version: string): string | undefined {
  const [, ...sections] = changelog.split(/^## /mu);
  const found = sections.find((section) => section.startsWith(`[${version}] - `));
  const [head = '', ...lines] = found?.split('\n') ?? [];
  const text = lines.join('\n').trim();
  return /\] - \d{4}-\d\d-\d\d$/u.test(head) && text !== '' ? text : undefined;
}
