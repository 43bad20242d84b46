import { hostname } from 'node:os';
import { posix } from 'node:path';
import { z } from 'zod';
import { directoriesSchema } from '../directory/index.ts';
import { placesSchema } from '../identity/index.ts';
import { lineFormats } from '../event/index.ts';
import { redactSchema } from '../redact/index.ts';
import { parseWitnessKey } from '../seal/index.ts';
import { messageOf } from '../error.ts';
import { logPathProblem } from './log-path.ts';
import { notificationsSchema } from './notifications.ts';
import { filePath as path, objectName as name } from './parts.ts';
import { plaintextHosts } from './plaintext.ts';

const mebibytes = 1024 * 1024;

const source = z.strictObject({
  name: name,
  path: path.superRefine((text, context) => {
    const message = logPathProblem(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  }),
  /** What is around each event; left out: whatever a line shows. */
  format: z.enum(lineFormats).optional(),
});

/** Secrets are only ever named by file: the effective configuration is sealed into the log for all to read. */
const serverUrl = z.url({ protocol: /^https?$/u, error: 'must be an http or https URL' }).refine(
  (text) => {
    const { username, password, search, hash } = new URL(text);
    return [username, password, search, hash].every((part) => part === '');
  },
  {
    error: 'must have no credentials (they go into files), no query and no fragment',
    when: ({ value }) => URL.canParse(String(value)),
  },
);

const fingerprint = z
  .string()
  .regex(
    /^(?:[\da-fA-F]{64}|(?:[\da-fA-F]{2}:){31}[\da-fA-F]{2})$/u,
    'must be the SHA-256 of a certificate: 64 hex digits, with or without colons',
  );

const elasticsearch = z.strictObject({
  urls: z.array(serverUrl).min(1),
  allowPlaintext: z.boolean().default(false),
  apiKeyFile: path.optional(),
  lookupApiKeyFile: path.optional(),
  username: z.string().min(1).optional(),
  passwordFile: path.optional(),
  caFile: path.optional(),
  caFingerprint: fingerprint.optional(),
  proxy: serverUrl.optional(),
  proxyUsername: z.string().min(1).optional(),
  proxyPasswordFile: path.optional(),
  namespace: z
    .string()
    .regex(
      /^[^\\/*?"<>|,#:\-A-Z\s\p{C}]{1,100}$/u,
      'must be a data stream namespace: lower case, at most 100 characters, no - \\ / * ? " < > | , # : or space',
    )
    .default('auditseal'),
  retentionDays: z.int().min(1).max(36_500).default(400),
  recordRetentionDays: z.int().min(1).max(36_500).default(36_500),
  ilmPolicy: z
    .string()
    .regex(
      /^[^_\s,"][^\s,"]{0,199}$/u,
      'must be the name of an ILM policy: no comma, space or quote, no underscore at its beginning',
    )
    .optional(),
  codec: z.enum(['best_compression', 'default']).default('best_compression'),
  indexedAnnotations: z
    .array(
      z
        .string()
        .regex(
          /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/,
          'must be the key of an annotation, with its prefix: example.com/name',
        ),
    )
    .max(100)
    .default([]),
  installTemplates: z.boolean().default(true),
  requestSeconds: z.int().min(1).max(600).default(60),
});

/** What is looked at beyond the logs; each look that needs more than a file is off until it is named. */
const drift = z.strictObject({
  enabled: z.boolean().default(true),
  seconds: z.int().min(10).max(86_400).default(60),
  apiserverPath: path.optional(),
  auditPolicyFile: path.optional(),
  proc: z.boolean().default(false),
  apiserver: z
    .strictObject({
      // A Service would answer for any apiserver. Not a default: zod does not validate one.
      url: serverUrl
        .refine((text) => text.startsWith('https:'), 'must begin with https: a token is sent there')
        .prefault(() => `https://${hostIp()}:6443`),
      tokenFile: path.default('/var/run/secrets/kubernetes.io/serviceaccount/token'),
      caFile: path.default('/var/run/secrets/kubernetes.io/serviceaccount/ca.crt'),
    })
    .optional(),
  expectationsFile: path.optional(),
});

/** The address of the node that the chart gives; an IPv6 one in brackets. */
function hostIp(): string {
  const address = process.env['HOST_IP'] ?? '127.0.0.1';
  return address.includes(':') ? `[${address}]` : address;
}

/** The section `elasticsearch` where only `urls` is given. */
export const elasticsearchDefaults = elasticsearch.omit({ urls: true }).parse({});

/** Keys that contradict each other: the key to change, and why. */
function contradictions(settings: z.infer<typeof elasticsearch>): [key: string, message: string][] {
  const { apiKeyFile, username, passwordFile, caFile, caFingerprint, urls } = settings;
  const { proxy, proxyUsername, proxyPasswordFile } = settings;
  const found: [string, string][] = [];
  if ((username === undefined) !== (passwordFile === undefined))
    found.push(['passwordFile', 'goes with username: set both or none']);
  if (apiKeyFile !== undefined && username !== undefined)
    found.push(['apiKeyFile', 'excludes username and passwordFile']);
  if (caFile !== undefined && caFingerprint !== undefined)
    found.push(['caFingerprint', 'excludes caFile: one of them says whom to trust']);
  const credentials = apiKeyFile ?? settings.lookupApiKeyFile ?? username;
  if (credentials !== undefined && !settings.allowPlaintext)
    for (const host of plaintextHosts(urls.filter((url) => URL.canParse(url))))
      found.push([
        'urls',
        `${host} would be sent the credentials, and every event, in plain text: use https, or set elasticsearch.allowPlaintext: true where nobody can listen`,
      ]);
  // With a mistyped URL the key and every event would be sent in plain text, while the CA looks as if it protected them.
  const trusting = caFile === undefined ? caFingerprint && 'caFingerprint' : 'caFile';
  if (trusting !== undefined && urls.some((url) => !url.toLowerCase().startsWith('https:')))
    found.push([trusting, 'needs URLs that begin with https']);
  if ((proxyUsername === undefined) !== (proxyPasswordFile === undefined))
    found.push(['proxyPasswordFile', 'goes with proxyUsername: set both or none']);
  if (proxyUsername !== undefined && proxy === undefined)
    found.push(['proxyUsername', 'goes with proxy, which is not set']);
  if (settings.recordRetentionDays < settings.retentionDays)
    found.push([
      'recordRetentionDays',
      `must not be below retentionDays (${settings.retentionDays}): events without their records prove nothing`,
    ]);
  return found;
}

/** The name in a vkey is a witness's, and stands in metrics. */
const witness = z.strictObject({
  url: serverUrl,
  vkey: z.string().superRefine((text, context) => {
    try {
      parseWitnessKey(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error) });
    }
  }),
  caFile: path.optional(),
  proxy: serverUrl.optional(),
});

/** The configuration file; docs/configuration.md says of each key what it means and what a wrong value can do. */
export const configSchema = z
  .strictObject({
    cluster: name,
    // Not a default: zod does not validate one, and NODE_NAME may be anything.
    node: name.prefault(() => process.env['NODE_NAME'] ?? hostname()),
    stateDir: path.default('/var/lib/auditseal'),
    sources: z.array(source).min(1).max(64),
    policyFile: path.optional(),
    requestReceived: z
      .strictObject({
        withhold: z.boolean().default(false),
        minutes: z.number().min(0.01).max(1440).default(10),
        bytesMax: z
          .int()
          .min(64 * 1024)
          .max(64 * mebibytes)
          .default(4 * mebibytes),
      })
      .prefault({}),
    redact: redactSchema.prefault({}),
    identity: z.strictObject({ places: placesSchema, directories: directoriesSchema }).prefault({}),
    pseudonyms: z
      .strictObject({
        keyFile: path.optional(),
        addresses: z.boolean().default(true),
        keepUsers: z.array(z.string().min(1)).max(1000).default([]),
      })
      .prefault({}),
    detection: z
      .strictObject({
        enabled: z.boolean().default(true),
        rulesFile: path.optional(),
        off: z.array(z.string().max(64)).max(500).default([]),
        ownNamespace: z.string().min(1).max(63).default('auditseal'),
      })
      .prefault({}),
    notifications: notificationsSchema.prefault({}),
    drift: drift.prefault({}),
    elasticsearch: elasticsearch,
    witnesses: z.array(witness).max(8).default([]),
    quorum: z.int().min(1).max(8).optional(),
    witnessSeconds: z.number().min(1).max(86_400).default(60),
    timeStamps: z
      .strictObject({
        url: serverUrl.optional(),
        caFile: path.optional(),
        proxy: serverUrl.optional(),
        intervalSeconds: z
          .number()
          .min(1)
          .max(366 * 86_400)
          .default(86_400),
      })
      .prefault({}),
    batchBytesMax: z
      .int()
      .min(64 * 1024)
      .max(64 * mebibytes)
      .default(4 * mebibytes),
    batchEventsMax: z.int().min(1).max(10_000).default(10_000),
    batchSeconds: z.number().min(0.1).max(3600).default(5),
    entryBytesMax: z
      .int()
      .min(64 * 1024)
      .max(64 * mebibytes)
      .default(8 * mebibytes),
    heartbeatSeconds: z.int().min(1).max(86_400).default(60),
    epochDays: z.number().positive().max(3650).default(30),
    pollMilliseconds: z.int().min(10).max(60_000).default(500),
    commitsPerSecondMax: z.number().positive().max(1000).default(1),
    spoolBytesMax: z
      .int()
      .min(mebibytes)
      .default(2048 * mebibytes),
    freeBytesMin: z
      .int()
      .min(0)
      .default(1024 * mebibytes),
    shutdownSeconds: z.number().min(0).max(3600).default(20),
    http: z
      .strictObject({ host: z.string().default('127.0.0.1'), port: z.int().min(0).max(65_535).default(9616) })
      .prefault({}),
    logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
  })
  .superRefine((config, context) => {
    const names = new Set<string>();
    for (const [i, { name: sourceName }] of config.sources.entries()) {
      if (names.has(sourceName))
        context.addIssue({
          code: 'custom',
          path: ['sources', i, 'name'],
          message: `is used twice: ${sourceName}`,
        });
      names.add(sourceName);
    }
    const paths = new Map<string, string>();
    for (const [i, { name: sourceName, path: sourcePath }] of config.sources.entries()) {
      const file = posix.normalize(sourcePath);
      const first = paths.get(file);
      if (first !== undefined)
        context.addIssue({
          code: 'custom',
          path: ['sources', i, 'path'],
          message: `is that of ${first} already: every event would be there twice`,
        });
      else paths.set(file, sourceName);
    }
    for (const [at, message] of witnessProblems(config))
      context.addIssue({ code: 'custom', path: at, message });
    const problem = (key: string, message: string) =>
      context.addIssue({ code: 'custom', path: ['elasticsearch', key], message });
    for (const [key, message] of contradictions(config.elasticsearch)) problem(key, message);
  });

/** Names tell witnesses apart, in metrics and in a quorum. */
function witnessProblems({
  witnesses,
  quorum,
}: {
  witnesses: readonly { vkey: string }[];
  quorum?: number | undefined;
}): [path: (string | number)[], message: string][] {
  const names = witnesses.map(({ vkey }) => vkey.slice(0, vkey.indexOf('+')));
  const twice = names.findIndex((each, at) => names.indexOf(each) < at);
  return [
    ...(twice < 0
      ? []
      : [
          [['witnesses', twice, 'vkey'], `names ${names[twice]}, as another one does`] as [
            (string | number)[],
            string,
          ],
        ]),
    ...(quorum !== undefined && quorum > witnesses.length
      ? [
          [['quorum'], `must not be above the number of witnesses (${witnesses.length})`] as [
            (string | number)[],
            string,
          ],
        ]
      : []),
  ];
}

export type Config = z.infer<typeof configSchema>;
