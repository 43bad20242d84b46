import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Messages, Resources, Schemas } from 'scimmy';

/** A user as SCIM 2.0 has one (RFC 7643 §4.1). */
export type ScimUser = Readonly<Record<string, unknown>> & { readonly id: string; readonly userName: string };

/** What the server answers in place of a page, for as many requests as there are. */
export interface Fault {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

export const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

/**
 * A SCIM 2.0 service made with scimmy, which reads queries and filters, and prints lists and users by the schemas of RFC 7643. It is
 * asked for users alone.
 */
export class ScimServer {
  users: ScimUser[];
  /** Given in place of answers, the first first. */
  faults: Fault[] = [];
  /** Paths, queries and tokens that it was asked with. */
  asked: { url: string; authorization: string | undefined }[] = [];
  /** Called before each answer. */
  onAsked: () => void = () => undefined;
  readonly #server: Server;

  private constructor(users: ScimUser[]) {
    this.users = users;
    Resources.User.extend(Schemas.EnterpriseUser, false);
    Resources.declare(Resources.User).egress((resource) => {
      const all = this.users.map((user) => structuredClone(user) as never);
      return (resource.filter === undefined ? all : resource.filter.match(all)) as never;
    });
    this.#server = createServer((request, response) => {
      void (async () => {
        const { status, headers, body = '' } = await this.#answer(request);
        response.writeHead(status, { 'content-type': 'application/scim+json', ...headers }).end(body);
      })();
    });
  }

  static async start(users: ScimUser[]): Promise<ScimServer> {
    const server = new ScimServer(users);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/scim/v2`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #answer({ url = '', headers }: IncomingMessage): Promise<Fault> {
    const { authorization } = headers;
    this.asked.push({ url, authorization });
    this.onAsked();
    const fault = this.faults.shift();
    if (fault !== undefined) return fault;
    const { pathname, searchParams } = new URL(url, this.url);
    if (pathname !== '/scim/v2/Users') return { status: 404 };
    if (authorization !== 'Bearer only-for-tests') return { status: 401 };
    const query = Object.fromEntries(searchParams);
    try {
      const list = await new Resources.User({
        ...query,
        ...(query['startIndex'] !== undefined && { startIndex: Number(query['startIndex']) }),
        ...(query['count'] !== undefined && { count: Number(query['count']) }),
      } as never).read();
      return { status: 200, body: JSON.stringify(list) };
    } catch (error) {
      return { status: 400, body: JSON.stringify(new Messages.ErrorResponse(error as never)) };
    }
  }
}
