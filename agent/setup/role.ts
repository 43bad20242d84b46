import { z } from 'zod';
import { roleOf } from './access.ts';
import type { Access } from './access.ts';
import type { AdminSession } from './admin-session.ts';

/** GET _security/role/<name>: what of it decides what the role may do. */
const found = z.record(
  z.string(),
  z.object({
    cluster: z.array(z.string()),
    indices: z.array(
      z.object({
        names: z.array(z.string()),
        privileges: z.array(z.string()),
        field_security: z.unknown().optional(),
        query: z.unknown().optional(),
      }),
    ),
    applications: z.array(z.unknown()).default([]),
    run_as: z.array(z.unknown()).default([]),
  }),
);

/** Puts the role for users (keys carry their privileges themselves), unless it is there as it should be. Throws ElasticsearchError. */
export async function putRole(session: AdminSession, access: Access): Promise<void> {
  const path = `/_security/role/${encodeURIComponent(access.name)}`;
  const wanted = roleOf(access);
  const { status, body } = await session.look({ method: 'GET', path, expect: [404] });
  const role = status === 404 ? undefined : found.safeParse(body).data?.[access.name];
  if (role && sameRole(role, wanted)) {
    session.note(`role ${access.name}: unchanged`);
    return;
  }
  await session.change({
    method: 'PUT',
    path,
    body: { ...wanted, metadata: { managed_by: 'auditseal' } },
  });
  session.done(
    `role ${access.name}: put (${access.privileges.join(', ')} on ${access.streams.join(' and ')}, nothing else)`,
  );
}

function sameRole(role: z.infer<typeof found>[string], wanted: object): boolean {
  const { cluster, indices, applications, run_as: runAs } = role;
  if (applications.length > 0 || runAs.length > 0) return false;
  const limited = indices.some(
    ({ field_security: fields, query }) => fields !== undefined || query !== undefined,
  );
  const bare = indices.map(({ names, privileges }) => ({ names, privileges }));
  return !limited && JSON.stringify({ cluster, indices: bare }) === JSON.stringify(wanted);
}
