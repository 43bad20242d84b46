import { z } from 'zod';
import { backingIndices } from '../../kit/elasticsearch/index.ts';
import type { Received, Reply } from './secured.ts';

interface Managed {
  retention?: string;
  policy?: string;
}

const template = z.object({
  index_patterns: z.array(z.string()),
  template: z.object({
    lifecycle: z.object({ data_retention: z.string() }).optional(),
    settings: z.record(z.string(), z.unknown()).optional(),
  }),
});

/** `_data_stream` and its lifecycle: the streams are the real server's, what manages them is kept here. */
export class DataStreams {
  /** The cluster-wide `data_streams.lifecycle.retention.max`. */
  retentionMax: string | undefined;
  readonly managed = new Map<string, Managed>();
  readonly #byTemplate = new Map<string, Managed>();
  readonly #backend: string;

  constructor(backend: string) {
    this.#backend = backend;
  }

  /** Notes how an index template has its streams managed; the embedded server refuses the settings of ILM. */
  withoutIlm(path: string, body: Buffer): Buffer {
    if (!path.startsWith('/_index_template/') || path.includes('_simulate')) return body;
    const whole = JSON.parse(body.toString()) as { template: Record<string, unknown> };
    const { index_patterns: patterns, template: parts } = template.parse(whole);
    const policy = parts.settings?.['index.lifecycle.name'];
    const retention = parts.lifecycle?.data_retention;
    for (const name of patterns)
      this.#byTemplate.set(name, {
        ...(typeof policy === 'string' && { policy }),
        ...(retention !== undefined && { retention }),
      });
    const { settings: _settings, ...others } = whole.template;
    return Buffer.from(JSON.stringify({ ...whole, template: others }));
  }

  /** Undefined for what is not of `_data_stream`. */
  async answer({ method, path, body }: Received): Promise<Reply | undefined> {
    const [, area, encoded = '', part] = path.split('/');
    if (area !== '_data_stream') return undefined;
    const name = decodeURIComponent(encoded);
    const indices = await backingIndices(this.#backend, name);
    if (indices.length === 0)
      return method === 'PUT' && part === undefined ? await this.#make(name) : notFound;
    const managed = this.managed.get(name) ?? {};
    const wanted = (body.length > 0 ? JSON.parse(body.toString()) : {}) as Record<string, string | null>;
    if (method === 'PUT') return this.#change(name, part, managed, wanted);
    if (part === '_lifecycle') return { status: 200, body: this.#lifecycle(name, managed) };
    const lifecycle = managed.retention && {
      lifecycle: { enabled: true, data_retention: managed.retention },
    };
    const ilm = managed.policy && { ilm_policy: managed.policy, prefer_ilm: true };
    return { status: 200, body: { data_streams: [{ name, ...lifecycle, ...ilm }] } };
  }

  /** By a document that is turned away: the stream is made all the same. */
  async #make(name: string): Promise<Reply> {
    await fetch(`${this.#backend}/${name}/_bulk?require_data_stream=true`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: '{"create":{}}\n{}\n',
    });
    const made = (await backingIndices(this.#backend, name)).length > 0;
    // What a template says later is for other streams.
    this.managed.set(name, this.#byTemplate.get(name) ?? {});
    if (made) return { status: 200, body: { acknowledged: true } };
    return {
      status: 400,
      body: { error: { type: 'illegal_argument_exception', reason: 'no matching index template' } },
    };
  }

  #change(
    name: string,
    part: string | undefined,
    managed: Managed,
    wanted: Record<string, string | null>,
  ): Reply {
    if (part === '_lifecycle')
      this.managed.set(name, { ...managed, retention: wanted['data_retention'] ?? '' });
    else if (part === '_settings') {
      const { policy: _policy, ...others } = managed;
      const policy = wanted['index.lifecycle.name'];
      this.managed.set(name, { ...others, ...(typeof policy === 'string' && { policy }) });
    } else return { status: 400, body: { error: { type: 'resource_already_exists_exception' } } };
    return { status: 200, body: { acknowledged: true } };
  }

  #lifecycle(name: string, { retention }: Managed): object {
    const max = this.retentionMax;
    const lifecycle = retention !== undefined && {
      lifecycle: {
        enabled: true,
        data_retention: retention,
        effective_retention: days(max) < days(retention) ? max : retention,
        retention_determined_by:
          days(max) < days(retention) ? 'max_global_retention' : 'data_stream_configuration',
      },
    };
    return {
      data_streams: [{ name, ...lifecycle }],
      global_retention: { ...(max !== undefined && { max_retention: max }) },
    };
  }
}

function days(text: string | undefined): number {
  return Number(text?.replace('d', '') ?? Infinity);
}

const notFound: Reply = {
  status: 404,
  body: { error: { type: 'index_not_found_exception' }, status: 404 },
};
