import { z } from 'zod';
import { filePath, objectName } from './parts.ts';

const severity = z.enum(['low', 'medium', 'high', 'critical']);

const url = z.url({ protocol: /^https?$/u, error: 'must be an http or https URL' }).refine(
  (text) => {
    const { username, password, search, hash } = new URL(text);
    return [username, password, search, hash].every((part) => part === '');
  },
  {
    error:
      'must have no credentials, no query and no fragment: a URL that is a secret goes into a file (urlFile)',
    when: ({ value }) => URL.canParse(String(value)),
  },
);

const endpoint = z.strictObject({
  name: objectName.max(63),
  type: z.enum(['webhook', 'slack', 'alertmanager', 'pagerduty']),
  url: url.optional(),
  urlFile: filePath.optional(),
  keyFile: filePath.optional(),
  routingKeyFile: filePath.optional(),
  username: z.string().min(1).max(256).optional(),
  passwordFile: filePath.optional(),
  bearerTokenFile: filePath.optional(),
  caFile: filePath.optional(),
  proxy: url.optional(),
  allowPrivateAddresses: z.boolean().default(false),
  minSeverity: severity.default('high'),
  rules: z.array(z.string().max(64)).max(500).default([]),
  exceptRules: z.array(z.string().max(64)).max(500).default([]),
  notices: z.boolean().default(true),
  groupSeconds: z.int().min(0).max(86_400).default(300),
  perMinuteMax: z.number().min(0.1).max(600).default(20),
  requestSeconds: z.int().min(1).max(60).default(15),
});

export type EndpointSettings = z.infer<typeof endpoint>;

/** Keys that belong to some types alone: the others refuse them, so that nobody believes in a signature that is not made. */
const keysOf: Readonly<Record<EndpointSettings['type'], readonly string[]>> = {
  webhook: ['url', 'urlFile', 'keyFile', 'username', 'passwordFile', 'bearerTokenFile'],
  slack: ['urlFile'],
  alertmanager: ['url', 'urlFile', 'username', 'passwordFile', 'bearerTokenFile'],
  pagerduty: ['url', 'routingKeyFile'],
};

const special = [
  'url',
  'urlFile',
  'keyFile',
  'routingKeyFile',
  'username',
  'passwordFile',
  'bearerTokenFile',
] as const;

/** Keys of one endpoint that contradict each other: the key to change, and why. */
function contradictions(settings: EndpointSettings): [key: string, message: string][] {
  const { type } = settings;
  const found: [string, string][] = [];
  for (const key of special)
    if (settings[key] !== undefined && !keysOf[type].includes(key))
      found.push([
        key,
        type === 'slack' && key === 'url'
          ? 'whoever knows it can write to the channel: put it into a file and name that by urlFile'
          : `is no key of an endpoint of type ${type}`,
      ]);
  if (found.length > 0) return found;
  const places = [settings.url, settings.urlFile].filter((one) => one !== undefined).length;
  if (type === 'slack' && places === 0) found.push(['urlFile', 'is required: the file with the webhook URL']);
  else if (type !== 'pagerduty' && places !== 1) found.push(['url', 'or urlFile is required, and not both']);
  if (type === 'webhook' && settings.keyFile === undefined)
    found.push(['keyFile', 'is required: the file with the key that deliveries are signed by']);
  if (type === 'pagerduty' && settings.routingKeyFile === undefined)
    found.push(['routingKeyFile', 'is required: the file with the integration key']);
  if ((settings.username === undefined) !== (settings.passwordFile === undefined))
    found.push(['passwordFile', 'goes with username: set both or none']);
  if (settings.username !== undefined && settings.bearerTokenFile !== undefined)
    found.push(['bearerTokenFile', 'excludes username and passwordFile']);
  if (settings.url?.toLowerCase().startsWith('http:')) {
    if (settings.proxy !== undefined) found.push(['proxy', 'needs a URL that begins with https']);
    if (!settings.allowPrivateAddresses)
      found.push([
        'url',
        'would send alerts in plain text: use https, or, for a receiver in the cluster, set allowPrivateAddresses: true (http then reaches private addresses alone)',
      ]);
  }
  return found;
}

/** The section `notifications`; docs/notification.md says of each key what it means. */
export const notificationsSchema = z
  .strictObject({ endpoints: z.array(endpoint).max(8, 'are more than 8').default([]) })
  .superRefine(({ endpoints }, context) => {
    const names = new Set<string>();
    for (const [i, settings] of endpoints.entries()) {
      const problem = (key: string, message: string) =>
        context.addIssue({ code: 'custom', path: ['endpoints', i, key], message });
      if (names.has(settings.name)) problem('name', `is used twice: ${settings.name}`);
      names.add(settings.name);
      for (const [key, message] of contradictions(settings)) problem(key, message);
    }
  });
