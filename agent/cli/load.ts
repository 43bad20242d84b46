import { ConfigError, loadConfig } from '../config/index.ts';
import type { Config } from '../config/index.ts';
import { DetectError, RulesInForce } from '../detect/index.ts';
import { extrasOf } from '../identity/index.ts';
import { fileBytesMax, InputError, readTextFile } from '../input/index.ts';
import { defaultPolicy, defaultPolicyFile, parsePolicy, PolicyError } from '../policy/index.ts';
import type { Policy } from '../policy/index.ts';
import { PseudonymError, Pseudonymizer, Pseudonyms, readPseudonymKey } from '../pseudonym/index.ts';
import { redactKey, Redactor } from '../redact/index.ts';
import type { RedactKey } from '../redact/index.ts';

/** Shorter ones can be guessed: 32 bytes, or 32 characters of a text. */
const redactKeyBytesMin = 32;

/** The configuration, and what its files hold. Throws ConfigError; nothing else is read or written. */
export async function loadSetup(file: string): Promise<{
  config: Config;
  policy: { text: string; parsed: Policy };
  redactor: Redactor | undefined;
  pseudonymizer: Pseudonymizer | undefined;
  rules: RulesInForce | undefined;
}> {
  const config = await loadConfig(file);
  const rules = await loadDetection(file, config);
  checkNotifiedRules(file, config, rules);
  return {
    config,
    policy: await loadPolicy(file, config),
    redactor: await loadRedactor(file, config),
    pseudonymizer: await loadPseudonymizer(file, config),
    rules,
  };
}

/** The policy of a configuration, or the default one. Throws ConfigError. */
export async function loadPolicyFor(file: string | undefined): Promise<Policy> {
  return file === undefined ? defaultPolicy() : (await loadPolicy(file, await loadConfig(file))).parsed;
}

/** What decides on lines and redacts them: of a configuration, or by default. Throws ConfigError. */
export async function loadExplained(
  file: string | undefined,
): Promise<{ policy: Policy; redactor: Redactor | undefined }> {
  if (file === undefined)
    return { policy: defaultPolicy(), redactor: new Redactor({ wholeEnvironment: false }) };
  const { policy, redactor } = await loadSetup(file);
  return { policy: policy.parsed, redactor };
}

async function loadPolicy(file: string, config: Config): Promise<{ text: string; parsed: Policy }> {
  const policyFile = config.policyFile ?? defaultPolicyFile;
  const text = await textOfKey(file, 'policyFile', policyFile);
  try {
    return { text, parsed: parsePolicy(text) };
  } catch (cause) {
    if (cause instanceof PolicyError) throw new ConfigError(policyFile, [cause.message], { cause });
    throw cause;
  }
}

async function loadRedactor(file: string, { redact }: Config): Promise<Redactor | undefined> {
  if (!redact.enabled) return undefined;
  const { keyFile, environment, configMaps, withoutBodies, rules, exceptions } = redact;
  return new Redactor({
    key: keyFile === undefined ? undefined : await loadRedactKey(file, keyFile),
    wholeEnvironment: environment === 'all',
    wholeConfigMaps: configMaps === 'all',
    withoutBodies,
    rules,
    exceptions,
  });
}

async function loadRedactKey(file: string, keyFile: string): Promise<RedactKey> {
  const text = await textOfKey(file, 'redact.keyFile', keyFile);
  const secret = Buffer.from(text.trim());
  if (secret.length < redactKeyBytesMin)
    throw new ConfigError(file, [
      `redact.keyFile: ${keyFile} holds less than ${redactKeyBytesMin} characters; make one with: openssl rand -hex 32`,
    ]);
  return redactKey(secret);
}

async function loadPseudonymizer(
  file: string,
  { pseudonyms: { keyFile, keepUsers, addresses }, identity: { places } }: Config,
): Promise<Pseudonymizer | undefined> {
  if (keyFile === undefined) return undefined;
  const key = await readPseudonymKey(keyFile).catch((cause: unknown) => {
    if (!(cause instanceof PseudonymError)) throw cause;
    throw new ConfigError(file, [`pseudonyms.keyFile: ${cause.message}`], { cause });
  });
  return new Pseudonymizer(new Pseudonyms(key, keepUsers), { addresses, personExtras: extrasOf(places) });
}

/** Undefined where detection is switched off. Throws ConfigError. */
export async function loadDetection(file: string, { detection }: Config): Promise<RulesInForce | undefined> {
  if (!detection.enabled) return undefined;
  try {
    return await RulesInForce.open(detection);
  } catch (cause) {
    if (cause instanceof InputError)
      throw new ConfigError(file, [`detection.rulesFile: ${detection.rulesFile} ${cause.message}`], {
        cause,
      });
    if (cause instanceof DetectError) throw new ConfigError(file, [cause.message], { cause });
    throw cause;
  }
}

/** An id that no rule has would tell nobody. Throws ConfigError. */
function checkNotifiedRules(file: string, { notifications }: Config, rules: RulesInForce | undefined): void {
  if (rules === undefined) return;
  const ids = new Set(rules.current.rules.map(({ text }) => text.id));
  const problems = notifications.endpoints.flatMap((endpoint, i) =>
    (['rules', 'exceptRules'] as const).flatMap((key) => {
      const unknown = endpoint[key].filter((id) => !ids.has(id));
      if (unknown.length === 0) return [];
      return [
        `notifications.endpoints.${i}.${key}: there is no rule ${unknown.join(', ')}; auditseal rules list shows all`,
      ];
    }),
  );
  if (problems.length > 0) throw new ConfigError(file, problems);
}

/** The text of a file that a key of the configuration names. */
async function textOfKey(file: string, key: string, path: string): Promise<string> {
  return await readTextFile(path, fileBytesMax.settings).catch((cause: unknown) => {
    if (!(cause instanceof InputError)) throw cause;
    throw new ConfigError(file, [`${key}: ${path} ${cause.message}`], { cause });
  });
}
