import type { Cell } from './cell.ts';
import { quoted } from './peers/quoted.ts';
import { scenarioNames, scenarios } from './scenario.ts';
import type { Rate, ScenarioName } from './scenario.ts';

const none = '–';

/** Lost/duplicated/damaged for each shipper and scenario at one rate, as a Markdown table. */
export function tableOf(cells: readonly Cell[], rate: Rate): string {
  const measured = cells.filter((cell) => cell.rate === rate);
  const shown = scenarioNames.filter((scenario) => measured.some((cell) => cell.scenario === scenario));
  const shippers = [...new Set(measured.map(({ shipper }) => shipper))];
  const rows = shippers.map((name) => [
    name,
    ...shown.map((scenario) =>
      textOf(measured.find((cell) => cell.shipper === name && cell.scenario === scenario)),
    ),
  ]);
  const quotes = rate === 2 ? quoted : [];
  for (const { name, cells: texts } of quotes)
    rows.push([name, ...shown.map((scenario) => texts[scenarioNames.indexOf(scenario)] ?? none)]);
  rows.push(['harsh enough?', ...shown.map((scenario) => harshnessOf(measured, scenario, rate))]);
  const reached = measured.map(({ happened }) => happened.megabytes / happened.writeSeconds);
  const range = [Math.min(...reached), Math.max(...reached)].map((number) => number.toFixed(1)).join('–');
  const head = [`${rate} MB/s (reached: ${range})`, ...shown.map((scenario) => scenarios[scenario].title)];
  const lines = [head, head.map((_, i) => (i === 0 ? '---' : '--:')), ...rows];
  return lines.map((texts) => `| ${texts.join(' | ')} |\n`).join('');
}

/** One line about a run: the numbers, and what really happened. */
export function lineOf({ shipper, scenario, rate, count, happened, void: why }: Cell): string {
  const { written, lost, duplicated, damaged, samples } = count;
  const { rotations, rotationsDown, kills, behindAtKills, faults, requests, exits } = happened;
  const parts = [
    `${shipper}, ${scenario}, ${rate} MB/s: ${written} written, lost ${lost}, duplicated ${duplicated}, damaged ${damaged}`,
    `${rotations} rotations while it read`,
    ...(kills > 0
      ? [
          `${kills} kills (${behindAtKills.join(' and ')} events behind), ${rotationsDown} rotations meanwhile`,
        ]
      : []),
    ...(faults > 0 ? [`${faults} faults in ${requests} requests`] : []),
    ...(exits > 0 ? [`ended by itself ${exits} times`] : []),
    `${(happened.megabytes / happened.writeSeconds).toFixed(1)} MB/s written, idle ${happened.drainSeconds.toFixed(0)} s later`,
    ...why.map((text) => `VOID: ${text}`),
    ...samples,
  ];
  return parts.join('\n    ');
}

/** Whether peers that are known to lose or duplicate in a scenario were tried and none did: then it proves nothing. */
export function tooGentle(cells: readonly Cell[], scenario: ScenarioName, rate: Rate): boolean {
  const known = knownLosers(cells, scenario, rate);
  return known.length > 0 && known.every(({ count: { lost, duplicated } }) => lost + duplicated === 0);
}

function harshnessOf(cells: readonly Cell[], scenario: ScenarioName, rate: Rate): string {
  if (scenarios[scenario].losers.length === 0) return 'no known loser';
  if (knownLosers(cells, scenario, rate).length === 0) return 'not tried';
  return tooGentle(cells, scenario, rate) ? '**too gentle**' : 'yes';
}

function knownLosers(cells: readonly Cell[], scenario: ScenarioName, rate: Rate): Cell[] {
  const { losers } = scenarios[scenario];
  return cells.filter(
    (cell) => cell.scenario === scenario && cell.rate === rate && losers.includes(cell.shipper),
  );
}

function textOf(cell: Cell | undefined): string {
  if (!cell) return none;
  const { lost, duplicated, damaged } = cell.count;
  const numbers = [lost, duplicated, damaged].map((number) => number.toLocaleString('en')).join('/');
  return cell.void.length > 0 ? `void (${numbers})` : numbers;
}
