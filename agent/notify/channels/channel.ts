import type { Form, Message } from '../message.ts';
import { neutral } from '../plain.ts';
import type { Quote } from '../words.ts';

/** The secrets of an endpoint as its files have them now. */
export interface Secrets {
  /** Where to, with what makes it a secret. */
  readonly url: URL;
  /** Of a webhook, the one to sign by first; more than one while keys are changed. */
  readonly keys: readonly Buffer[];
  readonly routingKey: string;
}

/** One request. */
export interface Request {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How one kind of receiver wants to be told. */
export interface Channel {
  /** It groups by itself: it is told of every alert as soon as it may be. */
  readonly groupsItself: boolean;
  /** Alerts of one request. */
  readonly alertsMax: number;
  /** The requests of a message, one after another; `now` is the time of the try. */
  requests(message: Message, form: Form, secrets: Secrets, now: Date): Request[];
  /** Seconds to wait where a receiver says 429 and not for how long. */
  readonly busySeconds: number;
}

export function jsonHeaders(): Record<string, string> {
  return { 'content-type': 'application/json' };
}

/** For a receiver that shows texts as they are, and may pass them on to a chat. */
export const asText: Quote = { value: neutral, words: neutral };
