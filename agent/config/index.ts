import { readFile } from 'node:fs/promises';
import { parseDocument, stringify } from 'yaml';
import { ConfigError } from './error.ts';
import { configSchema, type Config } from './schema.ts';

export { ConfigError } from './error.ts';
export { configSchema, elasticsearchDefaults, type Config } from './schema.ts';

/** sysexits.h EX_CONFIG: a supervisor can tell "will never start like this" from a crash. */
export const exitBadConfig = 78;

/**
 * Reads and validates a configuration file. Nothing else is touched before it succeeds.
 * Throws ConfigError naming every wrong key by its path and what is allowed there.
 */
export async function loadConfig(file: string): Promise<Config> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ConfigError(file, ['(file): cannot be read; give its path with --config'], { cause });
  });
  return parseConfig(file, text);
}

export function parseConfig(file: string, text: string): Config {
  const document = parseDocument(text, { prettyErrors: true });
  if (document.errors.length > 0)
    throw new ConfigError(
      file,
      document.errors.map((error) => `(YAML): ${error.message.split('\n')[0]}`),
    );
  const result = configSchema.safeParse(document.toJS({ maxAliasCount: 100 }));
  if (result.success) return result.data;
  throw new ConfigError(
    file,
    result.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => `${[...issue.path, key].join('.')}: is not a key that auditseal knows`)
        : [`${issue.path.join('.') || '(file)'}: ${issue.message}`],
    ),
  );
}

/** The effective configuration as sealed in the log. Secrets are only ever named by file, so there are none to remove. */
export function configText(config: Config): string {
  return stringify(config);
}
