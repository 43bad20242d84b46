import type { Answer, Client, Request } from './client.ts';
import type { Minted, Minter } from './minter.ts';

export const levels = ['Metadata', 'Request', 'RequestResponse'] as const;
export type Level = (typeof levels)[number];

/** What the apiserver does with an object; all but `accepted` and `dry-run` end as a refusal whose message may quote it. */
export const fates = ['accepted', 'dry-run', 'invalid', 'webhook', 'policy'] as const;
export type Fate = (typeof fates)[number];

export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata?: { annotations?: Record<string, string>; labels?: Record<string, string> };
  [member: string]: unknown;
}

export const namespace = 'canaries';
export const jsonType = 'application/json';

/** Where objects of a kind are created. */
export function pathOf({ apiVersion }: KubernetesObject, resource: string): string {
  return `${apiVersion.includes('/') ? '/apis' : '/api'}/${apiVersion}/namespaces/${namespace}/${resource}`;
}

/** One round of all plants: who asks decides about the level of the events, see policy.yaml. */
export class Scene {
  readonly level: Level;
  readonly fate: Fate;
  readonly #client: Client;
  readonly #minter: Minter;
  #names = 0;

  constructor(level: Level, fate: Fate, client: Client, minter: Minter) {
    this.level = level;
    this.fate = fate;
    this.#client = client;
    this.#minter = minter;
  }

  mint(place: string, minted?: Minted): string {
    return this.#minter.mint(`${place}; ${this.level}, ${this.fate}`, minted);
  }

  name(): string {
    this.#names += 1;
    return `o-${this.level.toLowerCase()}-${this.fate}-${this.#names}`;
  }

  async send(request: Request): Promise<Answer> {
    return await this.#client.send(request, `Bearer ${this.level}`);
  }

  /** Creates an object by POST, to the fate of the round; returns its name. */
  async create(resource: string, object: KubernetesObject): Promise<string> {
    const name = this.name();
    const labels = { ...object.metadata?.labels, fate: this.fate === 'invalid' ? 'not a label!' : this.fate };
    const body = JSON.stringify({ ...object, metadata: { ...object.metadata, name, labels } });
    const query = this.fate === 'dry-run' ? '?dryRun=All' : '';
    await this.send({ method: 'POST', path: `${pathOf(object, resource)}${query}`, type: jsonType, body });
    return name;
  }

  async patch(path: string, type: string, body: unknown): Promise<Answer> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return await this.send({ method: 'PATCH', path, type, body: text });
  }
}
