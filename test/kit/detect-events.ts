import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { parseYaml } from '../../agent/input/index.ts';

const folder = join(import.meta.dirname, 'fixtures/detect');

const start = Date.parse('2026-11-23T01:00:00Z');

/** An event in short: what is not said is as in a successful request of a person with kubectl. */
const short = z.strictObject({
  verb: z.string().default('get'),
  /** `group/resource`, or `resource` of the core group. */
  of: z.string().default('pods'),
  sub: z.string().default(''),
  ns: z.string().default('lab'),
  name: z.string().default('web'),
  /** No resource: a URL. */
  url: z.literal(true).optional(),
  uri: z.string().optional(),
  /** A name, `anonymous`, `node:NAME` or `sa:NAMESPACE:NAME`. */
  user: z.string().default('alice'),
  /** The pod that the token was made for. */
  pod: z.string().optional(),
  as: z.looseObject({ username: z.string() }).optional(),
  ip: z.string().default('10.0.0.7'),
  ua: z.string().default('kubectl/v1.35.4 (linux/amd64) kubernetes/abc1234'),
  /** 0: none. */
  code: z.int().default(200),
  message: z.string().optional(),
  decision: z.enum(['allow', 'forbid']).default('allow'),
  stage: z.string().default('ResponseComplete'),
  level: z.string().optional(),
  body: z.unknown().optional(),
  response: z.unknown().optional(),
  /** The command of an exec. */
  exec: z.array(z.string()).optional(),
  /** Seconds after the first event. */
  at: z.number().default(0),
  /** So many of it, `every` so many seconds, which differ in what `vary` says. */
  times: z.int().default(1),
  every: z.number().default(1),
  vary: z.enum(['name', 'uri', 'resource']).optional(),
});

type Short = z.infer<typeof short>;

/** Events that go together: one, or several in order. */
const scene = z.union([short.transform((one) => [one]), z.array(short)]);

const expectation = z.strictObject({
  /** The rule fires at the last event of each. */
  hit: z.array(scene).min(1),
  /** It fires at none of these. */
  near_miss: z.array(scene).min(1),
});

/** Lines in the order of their times. */
export type Scene = readonly Buffer[];

/** Crafted scenes of each built-in rule, by its id. */
export const crafted: ReadonlyMap<string, { hit: Scene[]; nearMiss: Scene[] }> = new Map(
  readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .flatMap((name) => {
      const file = z
        .record(z.string(), expectation)
        .parse(parseYaml(readFileSync(join(folder, name), 'utf8')));
      return Object.entries(file).map(([id, { hit, near_miss: nearMiss }]) => [
        id,
        { hit: hit.map((events) => linesOf(events)), nearMiss: nearMiss.map((events) => linesOf(events)) },
      ]);
    }) as [string, { hit: Scene[]; nearMiss: Scene[] }][],
);

function linesOf(events: readonly Short[]): Buffer[] {
  return events.flatMap((event) =>
    Array.from({ length: event.times }, (_, i) => Buffer.from(JSON.stringify(eventOf(event, i)))),
  );
}

/** As the apiserver writes it. */
function eventOf(event: Short, i: number): object {
  const { verb, sub, ns, as, ip, ua, code, decision, stage, exec, body, response, message, vary, url } =
    event;
  const [group, resource] = event.of.includes('/')
    ? (event.of.split('/') as [string, string])
    : ['', event.of];
  const name = vary === 'name' ? `${event.name}-${i}` : event.name;
  const subresource = exec ? 'exec' : sub;
  const commands = exec?.map((argument) => `command=${encodeURIComponent(argument)}`).join('&');
  const path = event.uri ?? `/api/v1/namespaces/${ns}/${resource}/${name}${subresource && `/${subresource}`}`;
  const time = new Date(start + (event.at + i * event.every) * 1000).toISOString();
  const hasBodies = body !== undefined || response !== undefined;
  const reference = {
    resource: vary === 'resource' ? `${resource}${i}` : resource,
    ...(ns && { namespace: ns }),
    ...(name && { name }),
    ...(group && { apiGroup: group }),
    apiVersion: 'v1',
    ...(subresource && { subresource }),
  };
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: event.level ?? (hasBodies ? 'RequestResponse' : 'Metadata'),
    auditID: `crafted-${i}`,
    stage,
    requestURI: `${path}${vary === 'uri' ? i : ''}${commands === undefined ? '' : `?${commands}&container=web&stdout=true`}`,
    verb,
    user: userOf(event),
    ...(as && { impersonatedUser: as }),
    sourceIPs: ['192.0.2.66', ip],
    userAgent: ua,
    ...(!url && { objectRef: reference }),
    ...(code !== 0 && { responseStatus: { metadata: {}, ...(message && { message }), code } }),
    ...(body !== undefined && { requestObject: body }),
    ...(response !== undefined && { responseObject: response }),
    requestReceivedTimestamp: time.replace('Z', '000Z'),
    stageTimestamp: time.replace('Z', '000Z'),
    annotations: { 'authorization.k8s.io/decision': decision, 'authorization.k8s.io/reason': '' },
  };
}

function userOf({ user, pod }: Short): object {
  const extra = pod === undefined ? {} : { extra: { 'authentication.kubernetes.io/pod-name': [pod] } };
  if (user === 'anonymous') return { username: 'system:anonymous', groups: ['system:unauthenticated'] };
  if (user.startsWith('node:'))
    return { username: `system:${user}`, groups: ['system:nodes', 'system:authenticated'] };
  if (user.startsWith('sa:')) {
    const [, namespace, name] = user.split(':');
    return {
      username: `system:serviceaccount:${namespace}:${name}`,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
      ...extra,
    };
  }
  return { username: user, groups: ['system:authenticated'] };
}
