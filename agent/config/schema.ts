import { hostname } from 'node:os';
import { z } from 'zod';
import { namePattern } from '../seal/index.ts';

const name = z.string().regex(namePattern, 'must be letters, digits, dots, underscores and dashes');
const path = z.string().startsWith('/', 'must be an absolute path');
const mebibytes = 1024 * 1024;

const source = z.strictObject({ name: name, path: path });

const elasticsearch = z.strictObject({
  urls: z.array(z.url({ protocol: /^https?$/u })).min(1),
  apiKeyFile: path.optional(),
  username: z.string().min(1).optional(),
  passwordFile: path.optional(),
  caFile: path.optional(),
  namespace: z
    .string()
    .regex(
      /^[^\\/*?"<>| ,#:\-A-Z]{1,100}$/u,
      'must be a data stream namespace: lower case, at most 100 characters, no - \\ / * ? " < > | , # : or space',
    )
    .default('auditseal'),
  retentionDays: z.int().min(1).max(36_500).default(400),
  installTemplates: z.boolean().default(true),
  requestSeconds: z.int().min(1).max(600).default(60),
});

/** The configuration file; docs/configuration.md says of each key what it means and what a wrong value can do. */
export const configSchema = z
  .strictObject({
    cluster: name,
    node: name.default(() => hostname()),
    stateDir: path.default('/var/lib/auditseal'),
    sources: z.array(source).min(1).max(64),
    policyFile: path.optional(),
    elasticsearch: elasticsearch,
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
    const { apiKeyFile, username, passwordFile } = config.elasticsearch;
    if ((username === undefined) !== (passwordFile === undefined)) {
      context.addIssue({
        code: 'custom',
        path: ['elasticsearch', 'passwordFile'],
        message: 'goes with username: set both or none',
      });
    }
    if (apiKeyFile !== undefined && username !== undefined) {
      context.addIssue({
        code: 'custom',
        path: ['elasticsearch', 'apiKeyFile'],
        message: 'excludes username and passwordFile',
      });
    }
  });

export type Config = z.infer<typeof configSchema>;
