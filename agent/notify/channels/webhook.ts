import { createHmac } from 'node:crypto';
import { bare } from '../message.ts';
import type { Form, Message } from '../message.ts';
import { headline } from '../words.ts';
import { asText, jsonHeaders } from './channel.ts';
import type { Channel } from './channel.ts';

/** Of a body; Standard Webhooks wants less than 20 kB. */
const bodyBytesMax = 20_000;

/** Standard Webhooks (standardwebhooks.com, specification 1.0): what is signed is `id.timestamp.body`, byte for byte. */
export const webhook: Channel = {
  groupsItself: false,
  alertsMax: Infinity,
  busySeconds: 0,
  requests(message, form, { url, keys }, now) {
    const body = bodyOf(message, form);
    const timestamp = String(Math.floor(now.getTime() / 1000));
    const headers = {
      ...jsonHeaders(),
      'webhook-id': message.id,
      'webhook-timestamp': timestamp,
      'webhook-signature': keys.map((key) => signature(key, message.id, timestamp, body)).join(' '),
    };
    return [{ url, headers, body }];
  },
};

export function signature(key: Buffer, id: string, timestamp: string, body: string): string {
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}

/** As many alerts as there is room for, the most urgent first; `omitted` says how many are not there. */
function bodyOf(message: Message, form: Form): string {
  const alerts = form === 'whole' ? message.alerts : message.alerts.map((alert) => bare(alert));
  const printed = alerts.map(({ v: _version, group: _group, ...alert }) => JSON.stringify(alert));
  const print = (shown: number) =>
    `{"type":"auditseal.${message.kind}","timestamp":"${message.at}","data":{"summary":${JSON.stringify(headline({ ...message, alerts }, asText))},` +
    `"alerts":[${printed.slice(0, shown).join(',')}],"omitted":${printed.length - shown}}}`;
  let bytes = Buffer.byteLength(print(0)) + String(printed.length).length;
  const shown = printed.findIndex((text) => (bytes += Buffer.byteLength(text) + 1) >= bodyBytesMax);
  return print(shown < 0 ? printed.length : shown);
}

const prefix = 'whsec_';

/** `whsec_` and base64 of 24 to 64 bytes; undefined for what is none. */
export function parseKey(text: string): Buffer | undefined {
  if (!text.startsWith(prefix)) return undefined;
  const base64 = text.slice(prefix.length);
  const key = Buffer.from(base64, 'base64');
  const isWhole = key.toString('base64').replace(/=+$/u, '') === base64.replace(/=+$/u, '');
  return isWhole && key.length >= 24 && key.length <= 64 ? key : undefined;
}
