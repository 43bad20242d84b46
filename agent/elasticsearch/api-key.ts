import { z } from 'zod';
import { parseJsonObject } from '../input/index.ts';

/** What `create API key` answers (elastic.co/docs/api, POST /_security/api_key); before 7.16 without `encoded`. */
const answer = z.object({
  id: z.string(),
  api_key: z.string(),
  encoded: z.string().optional(),
});

/** `id:api_key`, as Beats, Logstash and Fluent Bit want it: both parts are base64url (Elasticsearch's UUIDs). */
const pair = /^[\w-]+:[\w-]+$/u;

/**
 * One word of ASCII, as the header takes it: base64 of `id:api_key`, or an opaque word (Elastic Cloud). RFC 9110 §5.5: what
 * else is in a header ends as an error of the connection, tried again for ever.
 */
const word = /^[\w+/=.~-]+$/u;

/** For a message: what a file with an API key may hold. */
export const apiKeyForms =
  'wanted is the field "encoded" of the answer to a created key, one word of ASCII; id:api_key, the whole JSON answer, or either in quotes is understood, too';

/**
 * The word behind `Authorization: ApiKey`, from the text of a key file: `encoded`, `id:api_key`, the whole answer to a created
 * key, or one of the first two in quotes. Undefined for anything else, of which nothing may be shown: it may be a secret.
 */
export function parseApiKey(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed.startsWith('{')) return fromAnswer(trimmed);
  const quoted = /^(["'])(.*)\1$/u.exec(trimmed)?.[2]?.trim();
  return encodedOf(quoted ?? trimmed);
}

function fromAnswer(text: string): string | undefined {
  let parsed: unknown;
  try {
    parsed = parseJsonObject(text);
  } catch {
    return undefined;
  }
  const { data } = answer.safeParse(parsed);
  return data && encodedOf(data.encoded ?? `${data.id}:${data.api_key}`);
}

function encodedOf(key: string): string | undefined {
  if (pair.test(key)) return Buffer.from(key).toString('base64');
  return word.test(key) ? key : undefined;
}
