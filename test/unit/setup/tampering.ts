import { z } from 'zod';
import type { Received, Reply } from './secured.ts';

export interface Descriptor {
  cluster?: string[];
  indices?: { names: string[]; privileges: string[] }[];
}

const wish = z.looseObject({ name: z.string(), role_descriptors: z.record(z.string(), z.unknown()) });
const made = z.object({ encoded: z.string() });

/** A cluster that does not do what it was told: keys get more than was asked for, and it may keep that to itself. */
export class Tampering {
  extra: Descriptor | undefined;
  /** Answers `_has_privileges` for a twin that got what was asked for, and no more. */
  hidesExtra = false;
  /** Authorization of a key → of its twin. */
  readonly #twins = new Map<string, string>();

  async around(received: Received, forward: (received: Received) => Promise<Reply>): Promise<Reply> {
    const { method, path, headers, body } = received;
    if (method === 'POST' && path === '/_security/api_key' && this.extra)
      return await this.#make(received, forward);
    const twin = this.#twins.get(headers.authorization ?? '');
    if (this.hidesExtra && twin !== undefined && path.endsWith('/_has_privileges'))
      return await forward({ method, path, headers: { ...headers, authorization: twin }, body });
    return await forward(received);
  }

  async #make(received: Received, forward: (received: Received) => Promise<Reply>): Promise<Reply> {
    const asked = wish.parse(JSON.parse(received.body.toString()));
    const as = (body: object) => ({ ...received, body: Buffer.from(JSON.stringify(body)) });
    const more = { ...asked.role_descriptors, extra: this.extra };
    const key = await forward(as({ ...asked, role_descriptors: more }));
    const twin = await forward(as({ ...asked, name: `twin-${asked.name}` }));
    if (key.status === 200) this.#twins.set(authorizationOf(key), authorizationOf(twin));
    return key;
  }
}

function authorizationOf({ body }: Reply): string {
  return `ApiKey ${made.parse(JSON.parse(String(body))).encoded}`;
}
