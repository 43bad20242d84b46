import type { TrustFile } from '../../../agent/trust/index.ts';
import { LogWriter } from './log.ts';
import type { Written } from './log.ts';
import { eraserKey, operatorKey } from './operator.ts';

/** What both epochs are of. */
const place = 'prod/cp-1/kube-apiserver';
export const first = `${place}/20261123T004438Z`;
export const second = `${place}/20261123T024438Z`;

/**
 * A log with one of each finding that an operator may excuse, and a trust file with one operator. Of the first epoch
 * batch 1 has a gap, 2 contradicts itself, 3 comes after a silence; nothing links the second epoch, which has ended.
 */
export function statementScene(): { written: Written; trust: TrustFile; now: Date } {
  const writer = new LogWriter();
  const logs = [{ ...writer.name, vkey: writer.vkey }];
  writer.batch({ notices: [{ kind: 'start', at: writer.now.toISOString() }] });
  writer.batch({ gaps: [{ reason: 'deleted' }] });
  writer.batch({ lies: { read: 99 }, after: 200 });
  writer.batch();
  writer.turn('20261123T024438Z', 'state lost');
  logs.push({ ...writer.name, vkey: writer.vkey });
  writer.batch();
  const operators = [operatorKey().verifier.text];
  return {
    written: writer.written,
    trust: { v: 1, logs, operators, erasers: [eraserKey().verifier.text] },
    now: new Date(writer.now.getTime() + 3_600_000),
  };
}

/** The last batches of its two epochs. */
export const firstLast = 3;
export const secondLast = 1;

/** What is found in it, by the words of test/kit/seal/honest.ts. */
export const ownFindings = [
  'gap 20261123T004438Z 1',
  'incoherent 20261123T004438Z 2',
  'silent 20261123T004438Z 3',
  'unlinked epoch 20261123T024438Z',
  'ends early 20261123T024438Z 1',
];
