import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { UnreliableElasticsearch } from '../crash/outages.ts';
import { failpointCount, killsAtFailpoint, runScenario } from './scenario.ts';

/**
 * `npm run test:long -- --minutes N [--seed S]`: real agents on a real Elasticsearch, killed at every failpoint in turn and at
 * random instants. Each scenario has a seed, one more than the one before; `--seed` begins with a given one.
 * Exit 1 if any scenario found something.
 */
const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string' } },
});
const minutes = Number(values.minutes);
const firstSeed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
if (!(minutes > 0) || !Number.isInteger(firstSeed) || firstSeed < 0) {
  process.stderr.write('usage: node test/whole/long/main.ts --minutes N [--seed S]\n');
  process.exit(64);
}

const say = (line: string) => process.stdout.write(`${line}\n`);
say(`seed ${firstSeed}, ${minutes} minutes`);
await using elasticsearch = await UnreliableElasticsearch.start();
const end = performance.now() + minutes * 60_000;
const visited = new Set<string>();
const findings: number[] = [];
let seed = firstSeed;
for (; performance.now() < end; seed += 1) {
  const began = performance.now();
  const { name, failpoint, problems } = await attempt(seed);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  say(`${problems.length === 0 ? 'ok     ' : 'FINDING'} seed ${seed} (${seconds} s): ${name}`);
  for (const problem of problems.slice(0, 20)) say(`    ${problem}`);
  if (problems.length > 20) say(`    and ${problems.length - 20} more`);
  if (problems.length > 0) findings.push(seed);
  else if (failpoint !== undefined) visited.add(failpoint);
}
say(
  `${seed - firstSeed} scenarios from seed ${firstSeed}, ${findings.length} with findings${findings.length > 0 ? ` (seeds ${findings.join(', ')})` : ''}; ` +
    `killed ${killsAtFailpoint} times each at ${visited.size} of ${failpointCount} failpoints${visited.size < failpointCount ? ' (more minutes for all)' : ''}`,
);
process.exitCode = findings.length > 0 ? 1 : 0;

async function attempt(scenarioSeed: number): ReturnType<typeof runScenario> {
  try {
    return await runScenario(scenarioSeed, elasticsearch);
  } catch (error) {
    await elasticsearch.comeBack();
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { name: 'did not come to its end', problems: [text] };
  }
}
