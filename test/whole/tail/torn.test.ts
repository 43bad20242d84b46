import { appendFile, rename, writeFile } from 'node:fs/promises';
import { expect, inject, test } from 'vitest';
import { eventStream } from '../../../agent/streams/index.ts';
import { collect, lineNumber, verify } from '../../kit/agent/index.ts';
import { Scene } from '../../kit/scene.ts';
import { allDocuments, refresh } from '../../kit/elasticsearch/index.ts';

const url = inject('elasticsearchUrl');

/** As the apiserver begins and ends each event. */
const eventWith = (auditId: string, body: string) =>
  `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Request","auditID":"${auditId}","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/lab/configmaps/a","verb":"patch","user":{"username":"mallory"},"sourceIPs":["127.0.0.1"],"requestObject":${body},"requestReceivedTimestamp":"2026-11-23T01:06:03.433599Z","stageTimestamp":"2026-11-23T01:06:03.433599Z"}`;

/** What a client would like to have in the log: an event of somebody else. */
const forged = eventWith('forged', '{}').replace('mallory', 'alice');
const real = (n: number) => eventWith(`real-${n}`, '{}');

interface Found {
  kubernetes?: { audit: { auditID: string } };
  event: { kind: string };
  auditseal: { recovered?: true };
}

/** The audit ids under which events can be found, with `recovered` where it is set, and how many texts there are. */
async function found({ namespace }: Scene) {
  const stream = eventStream(namespace);
  await refresh(url, stream);
  const ids: string[] = [];
  let texts = 0;
  for await (const { source } of allDocuments(url, stream)) {
    const { kubernetes, event, auditseal } = JSON.parse(source.toString()) as Found;
    if (event.kind === 'pipeline_error') texts += 1;
    else ids.push(`${kubernetes?.audit.auditID}${auditseal.recovered ? ' recovered' : ''}`);
  }
  return { ids: ids.toSorted(), texts };
}

/** Writes the lines, ships them, and checks that each piece of them is there once and that all verifies. */
async function ship(scene: Scene, lines: readonly string[][]) {
  await scene.writer.lines(0);
  await appendFile(scene.writer.log.path, lines.map((pieces) => `${pieces.join('')}\n`).join(''), 'latin1');
  const agent = await scene.start();
  const pieces = lines.flat();
  await scene.shipped(pieces.length);
  expect(await agent.stop()).toBe(0);
  expect([...(await collect(url, scene.namespace)).keys()].toSorted()).toEqual(pieces.toSorted());
  expect(await verify(url, scene.namespace)).toMatchObject({ exitCode: 0 });
  return await found(scene);
}

test('a torn piece and the event that was written after it are two entries', async () => {
  await using scene = await Scene.make({ url });
  const torn = [real(1).slice(0, 90), lineNumber(3).slice(0, 400), '{"kind":"Event"', '{'];
  const lines = torn.map((piece, n) => [piece, real(n + 10)]);
  const { ids, texts } = await ship(scene, [...lines, [real(2)], [real(3), real(4)]]);
  expect(texts).toBe(torn.length);
  expect(ids).toEqual(
    ['real-10', 'real-11', 'real-12', 'real-13', 'real-3', 'real-4']
      .map((id) => `${id} recovered`)
      .concat('real-2')
      .toSorted(),
  );
});

test('what a client puts into a body is never an event of its own, wherever the line around it is torn', async () => {
  await using scene = await Scene.make({ url });
  const bodies = [
    forged,
    `[${forged},${forged}]`,
    `{"a":${forged}}`,
    JSON.stringify({ text: forged }),
    // Near misses: other spaces, another order, an escaped letter.
    forged.replace('"kind":"Event"', '"kind": "Event"'),
    forged.replace('"kind"', String.raw`"k\u0069nd"`),
  ];
  const whole = bodies.map((body, n) => [eventWith(`whole-${n}`, body)]);
  // Torn in the middle of the forged event, right behind it, and behind the comma after it; then a real one is glued on.
  const glued = bodies.flatMap((body, n) => {
    const event = eventWith(`torn-${n}`, body);
    const end = event.indexOf(',"requestReceivedTimestamp"', event.lastIndexOf(body) + body.length);
    return [end - 30, end - 1, end, end + 1].map((at, i) => [event.slice(0, at), real(100 + n * 10 + i)]);
  });
  const { ids, texts } = await ship(scene, [...whole, ...glued]);
  expect(texts).toBe(glued.length);
  expect(ids.filter((id) => /forged|torn/u.test(id))).toEqual([]);
  expect(ids.filter((id) => id.startsWith('whole'))).toHaveLength(bodies.length);
  expect(ids.filter((id) => id.startsWith('real'))).toHaveLength(glued.length);
});

test('a rotated file without a newline at its end: an event is an event, and a torn piece is text, even one torn behind a forged event', async () => {
  await using scene = await Scene.make({ url });
  const { writer } = scene;
  const event = eventWith('torn', forged);
  const behind = event.slice(0, event.indexOf(forged) + forged.length);
  const ends = [real(1), real(2).slice(0, 200), behind];
  for (const [n, end] of ends.entries()) {
    await writeFile(writer.log.path, `${real(n + 10)}\n${end}`);
    await rename(writer.log.path, `${writer.log.folder}/audit-2026-11-23T00-44-38.56${n}.log`);
  }
  await writer.line(real(20));
  const agent = await scene.start();
  await scene.shipped(7);
  expect(await agent.stop()).toBe(0);
  expect([...(await collect(url, scene.namespace)).keys()]).toEqual(expect.arrayContaining(ends));
  expect(await found(scene)).toEqual({
    ids: ['real-1', 'real-10', 'real-11', 'real-12', 'real-20'],
    texts: 2,
  });
});
