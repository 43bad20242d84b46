import { expect, inject, test } from 'vitest';
import { Random } from '../../kit/random.ts';
import type { BulkLine } from './bulk-lines.ts';
import type { Fault } from './fault-proxy.ts';
import { cutAnswer, htmlPage, itemError, items, limit, otherJson, reset, silence, status } from './faults.ts';
import { Journey } from './journey.ts';

const url = inject('elasticsearchUrl');
// `AUDITSEAL_SEED=… npx vitest run test/whole/delivery/mix.test.ts` does the same again, as far as time lets it.
const seed = Number(process.env['AUDITSEAL_SEED'] ?? Date.now() % 2 ** 32);

/** Each costs a pause of half a second or more. */
const faultsMax = 20;

test(`whatever the faults, in whatever order, all lines have arrived exactly once and verify (seed ${seed})`, async () => {
  const random = new Random(seed);
  await using journey = await Journey.begin(url, () => ({ requestSeconds: 2 }));
  const { proxy, writer } = journey;
  const some = (): Fault =>
    items((line: BulkLine) =>
      line.length > 0 && random.next() < 0.4 ? itemError(random.pick([429, 503, 500])) : undefined,
    );
  const kinds: (() => Fault)[] = [
    () => status(random.pick([429, 503, 504, 500, 404, 401, 403])),
    () => status(random.pick([429, 503]), { 'retry-after': random.pick(['0', '1', 'soon', '-1', '']) }),
    () => htmlPage(random.pick([200, 502]), random.next() < 0.5),
    () => reset(random.pick(['before', 'during', 'after'])),
    () => silence(random.pick(['unread', 'read', 'done'])),
    () => cutAnswer(random.pick(['length', 'json'])),
    () => otherJson(random.pick(['null', '[]', '{}', '{"errors":false,"items":[{}]}'])),
    () => limit(random.integer(2000, 20_000), random.pick(['413', 'close'])),
    some,
    some,
  ];
  let faults = 0;
  const goOn = () => faults < faultsMax;
  proxy.always = () => {
    if (!goOn() || random.next() < 0.4) return undefined;
    faults += 1;
    return random.pick(kinds)();
  };
  while (goOn()) {
    await writer.burst(random.integer(1, 60));
    if (random.next() < 0.3) writer.rotate();
    await journey.arrived();
  }
  expect(await journey.end()).toEqual([]);
});
