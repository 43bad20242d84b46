import type { TrustFile } from '../../../agent/trust/index.ts';
import { LogWriter } from '../../kit/seal/log.ts';
import type { Scene } from './vectors.ts';

/** Two nodes, one of them over three epochs: more of everything than the golden vectors have. */
export function generatedScene(): Scene & { trust: TrustFile } {
  const one = new LogWriter();
  const trust: TrustFile = { v: 1, logs: [{ ...one.name, vkey: one.vkey }], operators: [], erasers: [] };
  const start = () => ({ kind: 'start' as const, at: one.now.toISOString() });
  one.marker(1);
  one.batch({ events: 4, dropped: 2, notices: [start()] });
  one.batch({ events: 3, refused: [0, 2] });
  one.heartbeat();
  one.batch({ events: 1, notices: [{ kind: 'copies', at: one.now.toISOString(), first: 6, last: 7 }] });
  one.turn('20261123T014438Z');
  one.marker(2);
  one.batch({ events: 5, refused: [4], notices: [start()] });
  one.heartbeat({ notices: [{ kind: 'paused', at: one.now.toISOString(), reason: 'spool' }] });
  one.turn('20261123T024438Z');
  one.batch({ events: 2 });
  const two = new LogWriter(
    {
      name: { ...one.name, node: 'cp-2' },
      epoch: '20261123T004500Z',
      at: new Date(one.now.getTime() - 40_000).toISOString(),
    },
    one.written,
  );
  trust.logs.push({ ...two.name, vkey: two.vkey });
  two.marker(1);
  for (const events of [2, 0, 3, 1]) two.batch({ events, refused: events === 3 ? [1] : [] });
  return { written: one.written, trust, now: one.now };
}
