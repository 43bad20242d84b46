import { ConfigError, loadConfig } from '../config/index.ts';
import type { Config } from '../config/index.ts';
import { fileBytesMax, InputError, readTextFile } from '../input/index.ts';
import { defaultPolicyFile, parsePolicy, PolicyError } from '../policy/index.ts';
import type { Policy } from '../policy/index.ts';

/** The configuration, and the policy that it names or the default one. Throws ConfigError; nothing else is read or written. */
export async function loadSetup(
  file: string,
): Promise<{ config: Config; policy: { text: string; parsed: Policy } }> {
  const config = await loadConfig(file);
  const policyFile = config.policyFile ?? defaultPolicyFile;
  const text = await readTextFile(policyFile, fileBytesMax.settings).catch((cause: unknown) => {
    if (!(cause instanceof InputError)) throw cause;
    throw new ConfigError(file, [`policyFile: ${policyFile} ${cause.message}`], { cause });
  });
  try {
    return { config, policy: { text, parsed: parsePolicy(text) } };
  } catch (cause) {
    if (cause instanceof PolicyError) throw new ConfigError(policyFile, [cause.message], { cause });
    throw cause;
  }
}
