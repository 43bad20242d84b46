import { z } from 'zod';
import { daysOf } from '../streams/index.ts';
import type { AdminSession } from './admin-session.ts';
import { SetupError } from './error.ts';

const metaKey = '_meta';
const ours = { managed_by: 'auditseal' };

/** GET _ilm/policy/<name>. */
const found = z.record(
  z.string(),
  z.object({
    policy: z.object({
      [metaKey]: z.record(z.string(), z.unknown()).optional(),
      phases: z.record(
        z.string(),
        z.object({ min_age: z.string().optional(), actions: z.record(z.string(), z.unknown()).default({}) }),
      ),
    }),
  }),
);

/** Hot until it is rolled over, then deleted at `retentionDays`, which ILM counts from the rollover. */
function policyOf(retentionDays: number): Readonly<Record<string, unknown>> {
  return {
    [metaKey]: ours,
    phases: {
      hot: {
        min_age: '0ms',
        actions: { rollover: { max_primary_shard_size: '50gb', max_age: '30d' } },
      },
      delete: { min_age: `${retentionDays}d`, actions: { delete: {} } },
    },
  };
}

/** The phase `delete` of a policy, where it deletes. Undefined if it does not, or is not there. Throws ElasticsearchError. */
export async function deletionOf(
  session: AdminSession,
  name: string,
): Promise<{ min_age?: string | undefined } | undefined> {
  const path = `/_ilm/policy/${encodeURIComponent(name)}`;
  const { status, body } = await session.look({ method: 'GET', path, expect: [404] });
  const policy = status === 404 ? undefined : found.safeParse(body).data?.[name]?.policy;
  const deletion = policy?.phases['delete'];
  return deletion && 'delete' in deletion.actions ? deletion : undefined;
}

/**
 * Puts our policy under this name, unless somebody else's is there: that one stays, as long as it does not delete before
 * `retentionDays`. Throws SetupError `policy`.
 */
export async function putIlmPolicy(
  session: AdminSession,
  name: string,
  retentionDays: number,
): Promise<void> {
  const path = `/_ilm/policy/${encodeURIComponent(name)}`;
  const answer = await session.look({ method: 'GET', path, expect: [404] });
  const policy = answer.status === 404 ? undefined : found.safeParse(answer.body).data?.[name]?.policy;
  if (answer.status !== 404 && !policy)
    throw new SetupError('bad-response', `GET ${path}: not an answer of Elasticsearch`);
  if (policy && policy[metaKey]?.['managed_by'] !== ours.managed_by) {
    checkAge(name, policy.phases['delete'], retentionDays);
    session.note(`ILM policy ${name}: not auditseal's, left as it is`);
    return;
  }
  if (policy?.phases['delete']?.min_age === `${retentionDays}d`) {
    session.note(`ILM policy ${name}: unchanged`);
    return;
  }
  await session.change({ method: 'PUT', path, body: { policy: policyOf(retentionDays) } });
  session.done(`ILM policy ${name}: put`);
}

function checkAge(
  name: string,
  deletion: { min_age?: string | undefined; actions: Record<string, unknown> } | undefined,
  retentionDays: number,
): void {
  if (!deletion || !('delete' in deletion.actions)) return;
  const days = daysOf(deletion.min_age) ?? 0;
  if (days >= retentionDays) return;
  throw new SetupError(
    'policy',
    `the ILM policy ${name} deletes after ${deletion.min_age ?? '0ms'}, before the ${retentionDays} days of ` +
      'elasticsearch.retentionDays, which manifests promise. Let it delete later, set retentionDays to its time, or name a ' +
      'policy that does not exist yet: setup makes it',
  );
}
