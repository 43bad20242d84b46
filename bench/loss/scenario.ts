import type { Fault } from './fault.ts';

export const rates = [2, 20] as const;
export type Rate = (typeof rates)[number];

export const scenarioNames = [
  'steady',
  'steady-gz',
  'killed',
  'killed-gz',
  '503',
  'resets',
  '429',
  '429-items',
] as const;
export type ScenarioName = (typeof scenarioNames)[number];

/** What really has to happen while the shipper reads for a run to count. */
export interface Minimum {
  rotations: number;
  kills: number;
  /** Requests failed; of `429-items`: documents. */
  faults: number;
}

export interface Scenario {
  title: string;
  compress: boolean;
  /** Seconds before, during and after the trouble, by rate. */
  before: Record<Rate, number>;
  /** Trouble for so long; for kills: until three rotations have passed. */
  trouble: { fault: Fault; seconds: Record<Rate, number> } | { kills: number; rotations: number } | undefined;
  after: Record<Rate, number>;
  minimum: Record<Rate, Minimum>;
  /** Shippers known to lose or duplicate here: where none of them does in a run, the torture was too gentle to tell. */
  losers: readonly string[];
}

const rotationsMin = { 2: 6, 20: 20 } as const;

function minimum(kills: number, faults: number): Record<Rate, Minimum> {
  return {
    2: { rotations: rotationsMin[2], kills, faults },
    20: { rotations: rotationsMin[20], kills, faults },
  };
}

const steady = { before: { 2: 0, 20: 0 }, trouble: undefined, after: { 2: 28, 20: 10 } } as const;
const killed = {
  before: { 2: 6, 20: 4 },
  trouble: { kills: 2, rotations: 3 },
  after: { 2: 6, 20: 4 },
  minimum: { 2: { rotations: 6, kills: 2, faults: 0 }, 20: { rotations: 20, kills: 2, faults: 0 } },
} as const;
const outage = { before: { 2: 6, 20: 2 }, after: { 2: 6, 20: 2 } } as const;
const throughout = { before: { 2: 1, 20: 1 }, after: { 2: 0, 20: 0 } } as const;
const tenSeconds = { 2: 10, 20: 10 } as const;
const long = { 2: 28, 20: 10 } as const;

export const scenarios: Record<ScenarioName, Scenario> = {
  steady: { title: 'steady', compress: false, ...steady, minimum: minimum(0, 0), losers: [] },
  'steady-gz': {
    title: 'steady, compressed',
    compress: true,
    ...steady,
    minimum: minimum(0, 0),
    // rsyslog loses or duplicates in some runs, Filebeat with its defaults in all.
    losers: [],
  },
  killed: {
    title: 'killed over 3 rotations',
    compress: false,
    ...killed,
    losers: ['rsyslog', 'syslog-ng', 'Filebeat', 'OTel'],
  },
  'killed-gz': {
    title: 'killed, compressed',
    compress: true,
    ...killed,
    losers: ['rsyslog', 'syslog-ng', 'Filebeat', 'OTel'],
  },
  '503': {
    title: '503 for 10 s',
    compress: false,
    ...outage,
    trouble: { fault: { kind: 'unavailable' }, seconds: tenSeconds },
    minimum: minimum(0, 2),
    losers: ['rsyslog'],
  },
  resets: {
    title: 'resets 10 s',
    compress: false,
    ...outage,
    trouble: { fault: { kind: 'reset' }, seconds: tenSeconds },
    minimum: minimum(0, 2),
    losers: ['rsyslog', 'syslog-ng', 'Filebeat', 'OTel'],
  },
  '429': {
    title: '429 on 30 % of requests',
    compress: false,
    ...throughout,
    trouble: { fault: { kind: 'busy', share: 0.3 }, seconds: long },
    minimum: minimum(0, 3),
    losers: ['rsyslog'],
  },
  '429-items': {
    title: '429 on 3 % of items',
    compress: false,
    ...throughout,
    trouble: { fault: { kind: 'busy items', share: 0.03 }, seconds: long },
    minimum: minimum(0, 50),
    losers: ['rsyslog', 'syslog-ng'],
  },
};
