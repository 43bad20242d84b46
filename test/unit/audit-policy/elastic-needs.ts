import { rules } from '../../format/rules/index.ts';
import type { Dsl } from '../../format/rules/dsl.ts';
import { knownKinds, resourceVerbs, stages } from '../../../agent/audit-policy/kinds.ts';
import type { ElasticNeeds } from '../../../agent/audit-policy/elastic-rules.ts';

/** True, false, or not told by what a cell has. */
type Told = boolean | undefined;

interface Cell {
  resource: string;
  subresource: string;
  verb: string;
  stage: string;
}

const fields: Readonly<Record<string, keyof Cell>> = {
  'kubernetes.audit.objectRef.resource': 'resource',
  'kubernetes.audit.objectRef.subresource': 'subresource',
  'kubernetes.audit.verb': 'verb',
  'event.action': 'verb',
  'kubernetes.audit.stage': 'stage',
};

/** Three-valued: a field that a cell does not have may have any value. */
function told(query: Dsl, cell: Cell): Told {
  const [[kind, value]] = Object.entries(query) as [[string, Record<string, unknown>]];
  if (kind === 'bool') {
    const { filter, should, must_not: not } = value as { filter?: Dsl[]; should?: Dsl[]; must_not?: Dsl };
    if (filter) return every(filter.map((one) => told(one, cell)));
    if (should) {
      const none = every(should.map((one) => opposite(told(one, cell))));
      return opposite(none);
    }
    return opposite(told(not!, cell));
  }
  const [[field, wanted]] = Object.entries(
    kind === 'exists' ? { [String(value['field'])]: true } : value,
  ) as [[string, unknown]];
  const name = fields[field];
  if (name === undefined) return undefined;
  if (kind === 'terms') return (wanted as unknown[]).includes(cell[name]);
  throw new Error(`${kind} of ${field}: say here how it is told`);
}

function every(parts: readonly Told[]): Told {
  if (parts.includes(false)) return false;
  return parts.includes(undefined) ? undefined : true;
}

function opposite(value: Told): Told {
  return value === undefined ? undefined : !value;
}

const unique = <Item>(items: readonly Item[]) => [...new Set(items)];
const dimensions = {
  resources: unique([...knownKinds.map(({ resource }) => resource), '']),
  subresources: unique(['', ...knownKinds.map(({ subresource }) => subresource)]),
  verbs: [...resourceVerbs],
  stages: [...stages],
};

const whole = (list: string[], all: readonly string[]) => (list.length === all.length ? undefined : list);

/** What each rule needs, from its query: the events that it can be about, in blocks of all combinations. */
export function needsOfElastic(): ElasticNeeds[] {
  return rules.map(({ name, condition, levels }) => {
    // By resource and subresource, what verbs at what stages.
    const cells = dimensions.resources.flatMap((resource) =>
      dimensions.subresources.map((subresource) => ({
        resource,
        subresource,
        pairs: dimensions.verbs.flatMap((verb) =>
          dimensions.stages
            .filter((stage) => told(condition, { resource, subresource, verb, stage }) !== false)
            .map((stage) => [verb, stage] as const),
        ),
      })),
    );
    const able = cells.filter(({ pairs }) => pairs.length > 0);
    const events = [...Map.groupBy(able, ({ pairs }) => JSON.stringify(pairs)).values()].flatMap((group) =>
      [
        ...Map.groupBy(group, ({ resource }) =>
          group
            .filter((one) => one.resource === resource)
            .map(({ subresource }) => subresource)
            .join(' '),
        ).values(),
      ].map((alike) => {
        const { pairs } = alike[0]!;
        const event = {
          resources: whole(unique(alike.map(({ resource }) => resource)), dimensions.resources),
          subresources: whole(unique(alike.map(({ subresource }) => subresource)), dimensions.subresources),
          verbs: whole(unique(pairs.map(([verb]) => verb)), dimensions.verbs),
          stages: whole(unique(pairs.map(([, stage]) => stage)), dimensions.stages),
        };
        return Object.fromEntries(Object.entries(event).filter(([, value]) => value !== undefined));
      }),
    );
    return { rule: name, levels: [...levels], events };
  });
}

/** As the file has it: a rule a line. */
export function elasticNeedsText(): string {
  return `[\n${needsOfElastic()
    .map((one) => `  ${JSON.stringify(one)}`)
    .join(',\n')}\n]\n`;
}
