import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { copiesNotices } from '../../../agent/seal/index.ts';

const text = await readFile(join(import.meta.dirname, '../../../docs/manifest.schema.json'), 'utf8');
const schema = JSON.parse(text) as { $defs: Record<string, object> };
const notice = z.fromJSONSchema({ $defs: schema.$defs, ...schema.$defs['notice'] } as Parameters<
  typeof z.fromJSONSchema
>[0]);

const origin = 'prod/cp-1/kube-apiserver/20261123T004438Z';
const ended = 'prod/cp-1/kube-apiserver/20261122T004438Z';
const at = (second: number) => `2026-11-23T00:44:0${second}.000Z`;

test('possible copies are announced in ranges that do not touch, another epoch by its name, as the schema says', () => {
  const notices = copiesNotices(
    [
      { origin, first: 10, last: 12, at: at(2) },
      { origin, first: 3, last: 5, at: at(1) },
      { origin: ended, first: 6, last: 6, at: at(4) },
      { origin, first: 6, last: 7, at: at(3) },
      { origin, first: 4, last: 4, at: at(0) },
    ],
    origin,
  );
  expect(notices).toEqual([
    { kind: 'copies', at: at(4), first: 6, last: 6, origin: ended },
    { kind: 'copies', at: at(3), first: 3, last: 7 },
    { kind: 'copies', at: at(2), first: 10, last: 12 },
  ]);
  expect(Object.keys(notices[0]!)).toEqual(['kind', 'at', 'first', 'last', 'origin']);
  for (const each of notices) expect(notice.safeParse(each).error).toBeUndefined();
  expect(copiesNotices([], origin)).toEqual([]);
});
