import { Agent } from 'undici';
import type { buildConnector, Dispatcher } from 'undici';
import type { EndpointSettings } from '../config/index.ts';
import { addressNotAllowed, connectorOf, TlsTrust } from '../elasticsearch/index.ts';
import { isAllowed } from './address.ts';
import { alertmanager } from './channels/alertmanager.ts';
import type { Channel, Request } from './channels/channel.ts';
import { pagerduty } from './channels/pagerduty.ts';
import { slack } from './channels/slack.ts';
import { webhook } from './channels/webhook.ts';
import { readEndpointFiles } from './endpoint-files.ts';
import type { EndpointFiles } from './endpoint-files.ts';
import type { Form, Message } from './message.ts';
import { outcomeOf } from './outcome.ts';
import type { Answer, Outcome } from './outcome.ts';

const channels: Readonly<Record<EndpointSettings['type'], Channel>> = {
  webhook,
  slack,
  alertmanager,
  pagerduty,
};

/** Of an answer nothing but a word is of interest. */
const answerBytesMax = 64 * 1024;
const keepAliveMilliseconds = 10_000;

/** A receiver, its secrets, and connections that are its own. */
export class Endpoint {
  readonly settings: EndpointSettings;
  readonly channel: Channel;
  readonly #key: string;
  readonly #dispatcher: Dispatcher;
  #files: EndpointFiles;

  private constructor(settings: EndpointSettings, key: string, files: EndpointFiles, trust: TlsTrust) {
    this.settings = settings;
    this.channel = channels[settings.type];
    this.#key = key;
    this.#files = files;
    const { allowPrivateAddresses, proxy } = settings;
    const throughProxy =
      proxy === undefined ? undefined : { url: new URL(proxy), authorization: noCredentials };
    const isPlain = files.url.protocol === 'http:';
    const open = connectorOf(trust, throughProxy, (address) =>
      isAllowed(address, allowPrivateAddresses, isPlain),
    );
    const connect: buildConnector.connector = (target, callback) =>
      open(target, (error: Error | null, socket) => (error ? callback(error, null) : callback(null, socket)));
    this.#dispatcher = new Agent({
      connect,
      connections: 1,
      pipelining: 1,
      keepAliveTimeout: keepAliveMilliseconds,
      maxResponseSize: answerBytesMax,
    });
  }

  /**
   * Reads what an endpoint's files hold; nothing is sent.
   *
   * @param index the endpoint's place in the configuration
   * @throws NotifyError or ElasticsearchError, both `settings`, with the key's path
   */
  static async open(settings: EndpointSettings, index: number): Promise<Endpoint> {
    const key = `notifications.endpoints.${index}`;
    const trust = await TlsTrust.read({ caFile: settings.caFile, caName: `${key}.caFile` });
    return new Endpoint(settings, key, await readEndpointFiles(settings, key), trust);
  }

  get name(): string {
    return this.settings.name;
  }

  /** Takes up files that were replaced; those that cannot be used change nothing. Resolves with whether something changed. */
  async readAgain(): Promise<boolean> {
    const before = this.#files.digest;
    const files = await readEndpointFiles(this.settings, this.#key).catch(() => this.#files);
    // Which addresses may be connected to goes by the protocol.
    if (files.url.protocol === this.#files.url.protocol) this.#files = files;
    return this.#files.digest !== before;
  }

  /** Never rejects. What the receiver has of a message of several requests it may get again. */
  async send(message: Message, form: Form, signal: AbortSignal): Promise<Outcome> {
    await this.readAgain();
    let outcome: Outcome = { kind: 'delivered' };
    for (const request of this.channel.requests(message, form, this.#files, new Date())) {
      outcome = await this.#try(request, signal);
      if (outcome.kind !== 'delivered') return outcome;
    }
    return outcome;
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }

  async #try(request: Request, signal: AbortSignal): Promise<Outcome> {
    const limit = AbortSignal.timeout(this.settings.requestSeconds * 1000);
    try {
      const answer = await this.#answerTo(request, AbortSignal.any([signal, limit]));
      return outcomeOf(answer, this.channel.busySeconds, new Date());
    } catch (error) {
      const why = limit.aborted ? `no answer in ${this.settings.requestSeconds} s` : causeOf(error);
      return { kind: 'later', why };
    }
  }

  async #answerTo({ url, headers, body }: Request, signal: AbortSignal): Promise<Answer> {
    const { authorization } = this.#files;
    const response = await this.#dispatcher.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'POST',
      headers: {
        ...headers,
        'user-agent': 'auditseal',
        ...(authorization !== undefined && { authorization }),
      },
      body,
      signal,
    });
    const retryAfter = response.headers['retry-after'];
    // What was answered is the status: a body that never ends, or is too long, changes nothing of it.
    const text = await response.body.text().catch(() => '');
    return {
      status: response.statusCode,
      retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
      text,
    };
  }
}

/** No proxy of ours is told a password. */
async function noCredentials(): Promise<undefined> {
  return undefined;
}

/** Why there was no answer, without the message of the error: it names the host, which may be a secret. */
function causeOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    const code = 'code' in at ? String(at.code) : '';
    if (code === addressNotAllowed)
      return 'its name leads to no address that may be told (see allowPrivateAddresses)';
    if (/^[A-Z][A-Z\d_]{1,60}$/u.test(code) && code !== 'UND_ERR_ABORTED') return `no answer: ${code}`;
  }
  return 'no answer';
}
