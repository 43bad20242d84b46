import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { z } from 'zod';
import { dashboardSchema, dataViewCreation, dataViewUpdate, savedSearch } from './schema.ts';

export interface KibanaReply {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface KibanaWorld {
  version?: string;
  basePath?: string;
  /** Beside the default one. */
  spaces?: string[];
  /** Authorization header → what it may: write, only read, or nothing. Any other is unknown. */
  users?: Record<string, 'write' | 'read' | 'nothing'>;
  tls?: { key: string; cert: string };
  /** Answers in place of what follows from the state, for what the documentation does not promise. */
  instead?: (method: string, path: string) => KibanaReply | undefined;
}

/** What one space holds. */
export class Space {
  readonly dataViews = new Map<string, Record<string, unknown>>();
  readonly searches = new Map<string, unknown>();
  readonly dashboards = new Map<string, unknown>();
}

/**
 * As Elastic's documentation of Kibana's API (8.16 to 9.5) says that it answers, as far as `auditseal setup` asks; every body is held against
 * the schemas that were written from Kibana's sources. No proof of how a real Kibana behaves.
 */
export class KibanaStandIn implements AsyncDisposable {
  readonly url: string;
  /** `METHOD path`, in order. */
  readonly requests: string[] = [];
  readonly spaces: ReadonlyMap<string, Space>;
  readonly #world: KibanaWorld;
  readonly #server: Server;

  private constructor(world: KibanaWorld, server: Server) {
    this.#world = world;
    this.#server = server;
    this.spaces = new Map(['default', ...(world.spaces ?? [])].map((id) => [id, new Space()]));
    const scheme = world.tls ? 'https' : 'http';
    this.url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}${world.basePath ?? ''}`;
  }

  static async start(world: KibanaWorld = {}): Promise<KibanaStandIn> {
    const server = world.tls ? createTlsServer(world.tls) : createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const standIn = new KibanaStandIn(world, server);
    server.on('request', (incoming, response) => void standIn.#serve(incoming, response));
    return standIn;
  }

  /** Requests that change something. */
  get changes(): string[] {
    return this.requests.filter((line) => !line.startsWith('GET '));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = incoming;
    const reply = await this.#answer(method, url, headers, await buffer(incoming)).catch((error: unknown) =>
      failure(500, 'Internal Server Error', String(error)),
    );
    response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
    response.end(JSON.stringify(reply.body ?? {}));
  }

  async #answer(
    method: string,
    url: string,
    headers: IncomingHttpHeaders,
    body: Buffer,
  ): Promise<KibanaReply> {
    const { basePath = '', users, instead } = this.#world;
    if (!url.startsWith(`${basePath}/`))
      return { status: 302, headers: { location: `${basePath}/app/home` } };
    const path = url.slice(basePath.length);
    this.requests.push(`${method} ${path}`);
    const unusual = instead?.(method, path);
    if (unusual) return unusual;
    const rights = users ? users[headers.authorization ?? ''] : 'write';
    if (rights === undefined) return failure(401, 'Unauthorized', '[security_exception]');
    if (headers['elastic-api-version'] !== '2023-10-31')
      return failure(400, 'Bad Request', 'Please specify a version');
    if (method !== 'GET' && headers['kbn-xsrf'] === undefined)
      return failure(400, 'Bad Request', 'Request must contain a kbn-xsrf header.');
    if (path === '/api/status')
      return { status: 200, body: { version: { number: this.#world.version ?? '9.5.2' } } };
    const [, asked] = /^\/api\/spaces\/space\/([^/?]+)$/u.exec(path) ?? [];
    if (asked !== undefined)
      return this.spaces.has(asked)
        ? { status: 200, body: { id: asked } }
        : failure(404, 'Not Found', 'Not Found');
    const [, space = 'default', below = ''] = /^(?:\/s\/([^/]+))?(\/api\/.*)$/u.exec(path) ?? [];
    const inSpace = this.spaces.get(space);
    if (!inSpace) throw new Error(`asked for the space ${space} without looking whether it is there`);
    if (rights === 'nothing' || (rights === 'read' && method !== 'GET'))
      return failure(403, 'Forbidden', 'Unable to do this');
    return await route(inSpace, method, below, headers, body);
  }
}

function failure(statusCode: number, error: string, message: string): KibanaReply {
  return { status: statusCode, body: { statusCode, error, message } };
}

async function route(
  space: Space,
  method: string,
  path: string,
  headers: IncomingHttpHeaders,
  body: Buffer,
): Promise<KibanaReply> {
  const json = () => JSON.parse(body.toString()) as unknown;
  if (method === 'GET' && path.startsWith('/api/dashboards?'))
    return { status: 200, body: { data: [], meta: { total: space.dashboards.size, page: 1 } } };
  const [, dashboard] = /^\/api\/dashboards\/([^/?]+)$/u.exec(path) ?? [];
  if (dashboard !== undefined && method === 'PUT') return putDashboard(space, dashboard, json());
  const [, view] = /^\/api\/data_views\/data_view\/([^/?]+)$/u.exec(path) ?? [];
  if (view !== undefined && method === 'GET') {
    const found = space.dataViews.get(view);
    return found
      ? { status: 200, body: { data_view: found } }
      : failure(404, 'Not Found', 'Saved object not found');
  }
  if (view !== undefined && method === 'POST')
    return valid(dataViewUpdate, json(), ({ data_view: fields }) => {
      space.dataViews.set(view, { ...space.dataViews.get(view), ...fields });
      return { status: 200, body: {} };
    });
  if (path === '/api/data_views/data_view' && method === 'POST')
    return valid(dataViewCreation, json(), ({ data_view: made }) => createView(space, made));
  if (path === '/api/saved_objects/_import?overwrite=true' && method === 'POST')
    return await importObjects(space, headers, body);
  return failure(404, 'Not Found', 'Not Found');
}

function valid<T>(schema: z.ZodType<T>, value: unknown, then: (value: T) => KibanaReply): KibanaReply {
  const { data, error } = schema.safeParse(value);
  return data === undefined ? failure(400, 'Bad Request', `[request body]: ${error?.message}`) : then(data);
}

function putDashboard(space: Space, id: string, body: unknown): KibanaReply {
  return valid(dashboardSchema, body, (data) => {
    const status = space.dashboards.has(id) ? 200 : 201;
    space.dashboards.set(id, data);
    return { status, body: { id, data, meta: {} } };
  });
}

function createView(space: Space, made: { id: string; name: string }): KibanaReply {
  // Two of one name are refused: data_views_service.ts, `createSavedObject`.
  if ([...space.dataViews.values()].some(({ name }) => name === made.name))
    return failure(400, 'Bad Request', `Duplicate data view: ${made.name}`);
  space.dataViews.set(made.id, made);
  return { status: 200, body: { data_view: made } };
}

async function importObjects(space: Space, headers: IncomingHttpHeaders, body: Buffer): Promise<KibanaReply> {
  const type = headers['content-type'] ?? '';
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
  const file = form.get('file');
  if (!(file instanceof File) || !file.name.endsWith('.ndjson'))
    return failure(400, 'Bad Request', 'Invalid file extension');
  const lines = (await file.text()).split('\n').filter((line) => line !== '');
  const objects = lines.map((line) => savedSearch.parse(JSON.parse(line)));
  const errors = objects.flatMap(({ id, references }) =>
    references
      .filter((reference) => !space.dataViews.has(reference.id))
      .map((reference) => ({
        id,
        type: 'search',
        error: { type: 'missing_references', references: [reference] },
      })),
  );
  if (errors.length > 0)
    return { status: 200, body: { success: false, successCount: 0, errors, warnings: [] } };
  for (const object of objects) space.searches.set(object.id, object);
  return { status: 200, body: { success: true, successCount: objects.length, warnings: [] } };
}
