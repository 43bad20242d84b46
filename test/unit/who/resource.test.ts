import * as fc from 'fast-check';
import { expect, inject, test } from 'vitest';
import { parseResource, who } from '../../../agent/who/index.ts';
import { shipped, query } from '../../kit/asked.ts';
import { comparable, covers, rowsOf } from '../../kit/plain-answer.ts';
import type { RawEvent, RawTarget } from '../../kit/plain-answer.ts';

const url = inject('elasticsearchUrl');

// Few and alike, so that what is asked for often is a part of another thing: a namespace called as a subresource is.
const resources = ['pods', 'pod', 'nodes', 'roles'];
const groups = [undefined, 'apps', 'apps.x'];
const names = [undefined, '', 'a', 'exec', 'pods', '*', 'a?'];
const subresources = [undefined, 'exec', 'a', 'e*ec'];

const verbs = ['get', 'list', 'create', 'deletecollection', 'watch'];

function* targets(): Generator<RawTarget> {
  for (const resource of resources)
    for (const apiGroup of groups)
      for (const namespace of names)
        for (const name of names)
          for (const subresource of subresources)
            yield JSON.parse(
              JSON.stringify({ resource, apiGroup, apiVersion: 'v1', namespace, name, subresource }),
            ) as RawTarget;
}

const parts = fc.array(fc.constantFrom('a', 'exec', 'pods', 'a?', 'e*ec', '*', 'b'), { maxLength: 3 });
const kinds = fc.constantFrom(...resources, '*', 'p', 'services');
const ofGroups = fc.constantFrom('', '.apps', '.apps.x', '.app');
const wanted = fc
  .tuple(kinds, ofGroups, parts)
  .map(([kind, group, of]) => [`${kind}${group}`, ...of].join('/'));

test('--resource takes exactly the requests that its description says, whatever is asked for', async () => {
  const events = [...targets()].map(
    (objectRef, i) =>
      ({
        kind: 'Event',
        apiVersion: 'audit.k8s.io/v1',
        auditID: `${i}`,
        stage: 'ResponseComplete',
        verb: verbs[i % verbs.length]!,
        requestURI: `/${i}`,
        stageTimestamp: '2026-11-23T01:00:00.000000Z',
        objectRef,
        responseStatus: { code: 200 },
      }) satisfies RawEvent & { kind: string; apiVersion: string },
  );
  const { client, namespace } = await shipped(
    url,
    events.map((event) => JSON.stringify(event)),
  );
  let found = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(wanted, { minLength: 1, maxLength: 2 }), fc.boolean(), async (asked, named) => {
      const expected = rowsOf(events.filter((event) => asked.some((one) => covers(one, event, named))));
      const { rows } = await who(client, query({ resources: asked, named }), { namespace });
      found += rows.length;
      expect(comparable(rows)).toEqual(comparable(expected));
    }),
    { numRuns: 60 },
  );
  expect(found).toBeGreaterThan(1000);
});

test.each(['', 'pods/', 'pods//a', '.apps', 'pods./a', 'pods/a/b/c/d'])(
  '--resource %j is refused',
  (text) => {
    expect(() => parseResource(text)).toThrow(/^--resource: .* is not as secrets, /u);
  },
);
