import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';

/** Between a client and a server of LDAP: keeps what the server answers, each to one message of the client, base64. */
export class Recorder {
  readonly answers: string[] = [];
  readonly #server: Server;

  private constructor(target: URL) {
    this.#server = createServer((client) => {
      const server = connect(Number(target.port), target.hostname);
      client.on('data', (message: Buffer) => {
        this.answers.push('');
        server.write(message);
      });
      server.on('data', (answer: Buffer) => {
        const before = Buffer.from(this.answers.pop() ?? '', 'base64');
        this.answers.push(Buffer.concat([before, answer]).toString('base64'));
        client.write(answer);
      });
      for (const [one, other] of [
        [client, server],
        [server, client],
      ] as const) {
        one.on('error', () => other.destroy());
        one.on('close', () => other.destroy());
      }
    });
  }

  static async start(target: URL): Promise<Recorder> {
    const recorder = new Recorder(target);
    recorder.#server.listen(0, '127.0.0.1');
    await once(recorder.#server, 'listening');
    return recorder;
  }

  get url(): string {
    return urlOf(this.#server);
  }

  async stop(): Promise<void> {
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** Answers each message of a client by what was recorded, in order. */
export class Replayed {
  readonly #server: Server;

  private constructor(answers: readonly string[]) {
    this.#server = createServer((client) => {
      let next = 0;
      client.on('error', () => undefined);
      client.on('data', () => client.write(Buffer.from(answers[next++] ?? '', 'base64')));
    });
  }

  static async start(answers: readonly string[]): Promise<Replayed> {
    const replayed = new Replayed(answers);
    replayed.#server.listen(0, '127.0.0.1');
    await once(replayed.#server, 'listening');
    return replayed;
  }

  get url(): string {
    return urlOf(this.#server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    await once(this.#server, 'close');
  }
}

function urlOf(server: Server): string {
  return `ldap://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
