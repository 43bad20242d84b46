import { Keywords } from './keywords.ts';

/** Parts of names that may end like a secret's. Every name that `isSecretName` takes holds one. */
export const nameKeywords = [
  'pass',
  'pwd',
  'secret',
  'token',
  'key',
  'bearer',
  'jwt',
  'cred',
  'authorization',
  'cookie',
  'docker',
  'connection',
  'sig',
  'assertion',
];

/** What a name ends with, split into its words, where its value is a secret. */
export const secretWords = new Set([
  'password',
  'passwords',
  'passwd',
  'passphrase',
  'passcode',
  'passwordhash',
  'bindpass',
  'pwd',
  'pass',
  'secret',
  'token',
  'tokens',
  'apikey',
  'apitoken',
  'authtoken',
  'accesstoken',
  'refreshtoken',
  'bearer',
  'jwt',
  'credential',
  'credentials',
  'creds',
  'authorization',
  'cookie',
  'privatekey',
  'accesskey',
  'secretkey',
  'clientsecret',
  'dockerconfigjson',
  'dockercfg',
  'connectionstring',
  'sig',
  'userassertion',
]);

/** The same of two words. `key` alone names far more than secrets. */
export const secretPairs = new Set([
  'api key',
  'auth key',
  'access key',
  'secret key',
  'private key',
  'account key',
  'application key',
  'app key',
  'consumer key',
  'license key',
  'licence key',
  'subscription key',
  'unseal key',
  'recovery key',
  'webhook key',
  'hmac key',
  'libsodium key',
  'shared key',
  'signing key',
  'encryption key',
  'ssh key',
  'storage key',
  'master key',
  'key data',
  'secret data',
  'password hash',
  'passwd hash',
  'connection string',
  'user assertion',
  'set cookie',
]);

/**
 * Words one of which is in the name, or at its end, before `key` or `data` may end a secret's name: what the scan that most
 * lines pay for looks for.
 */
export const keyQualifiers = [...secretPairs].flatMap((pair) => {
  const [first = '', last] = pair.split(' ');
  return last === 'key' ? [first] : [];
});

/** Words that others are written before without a sign between: `PGPASSWORD`, `dbpass`. */
const secretEnds = [
  'password',
  'passphrase',
  'userpass',
  'rootpass',
  'dbpass',
  'apikey',
  'accesskey',
  'secretkey',
  'privatekey',
  'clientsecret',
];

const nameBytesMax = 256;
const known = new Map<string, boolean>();
const knownMax = 4096;

/**
 * Whether what goes by this name is a secret, whatever it looks like: the name of a member, of an environment variable, of
 * a flag. The last word decides: `awsSecretAccessKey`, `DB_PASSWORD` and `client-secret` are, `secretName`, `TOKEN_FILE` and
 * `passwordSecretRef` only say where one is.
 */
export function isSecretName(name: string): boolean {
  if (name.length > nameBytesMax) return false;
  let answer = known.get(name);
  if (answer === undefined) {
    answer = endsWithSecret(wordsOf(name));
    // Clients choose names without end.
    if (known.size >= knownMax) known.clear();
    known.set(name, answer);
  }
  return answer;
}

/** Names that a rule of the configuration takes, `*` at either end for anything. */
export interface NamedRule {
  readonly rule: string;
  readonly names: readonly string[];
}

/** Which names are those of secrets: the ones that end like it, and the configuration's. */
export class SecretNames {
  /** Parts that every such name holds one of, in lower case. */
  readonly keywords: Keywords;
  readonly #own: readonly { rule: string; name: string; isOpenBefore: boolean; isOpenBehind: boolean }[];
  readonly #withBuiltIn: boolean;

  constructor(own: readonly NamedRule[], withBuiltIn = true) {
    this.#withBuiltIn = withBuiltIn;
    this.#own = own.flatMap(({ rule, names }) =>
      names.map((name) => ({
        rule,
        name: name.replaceAll('*', '').toLowerCase(),
        isOpenBefore: name.startsWith('*'),
        isOpenBehind: name.endsWith('*'),
      })),
    );
    this.keywords = new Keywords([...(withBuiltIn ? nameKeywords : []), ...this.ownKeywords]);
  }

  /** The parts of the configuration's names. */
  get ownKeywords(): readonly string[] {
    return this.#own.map(({ name }) => name);
  }

  /**
   * The rule that a name's value is redacted by, undefined for none.
   *
   * @param builtIn what it is called where the name ends like a secret's
   */
  ruleOf(name: string, builtIn: string): string | undefined {
    if (this.#withBuiltIn && isSecretName(name)) return builtIn;
    if (this.#own.length === 0 || name.length > nameBytesMax) return undefined;
    // Flags begin with dashes.
    const bare = name.slice(startOf(name)).toLowerCase();
    return this.#own.find((one) =>
      one.isOpenBefore
        ? one.isOpenBehind
          ? bare.includes(one.name)
          : bare.endsWith(one.name)
        : one.isOpenBehind
          ? bare.startsWith(one.name)
          : bare === one.name,
    )?.rule;
  }
}

function startOf(name: string): number {
  let at = 0;
  while (at < 2 && name[at] === '-') at += 1;
  return at;
}

function endsWithSecret(words: readonly string[]): boolean {
  const last = words.at(-1);
  if (last === undefined) return false;
  if (secretEnds.some((end) => last.endsWith(end))) return true;
  return secretWords.has(last) || secretPairs.has(`${words.at(-2) ?? ''} ${last}`);
}

/** Words in lower case: `awsAPIKey` is aws, api, key. Digits at the end (`password2`) are no word. */
function wordsOf(name: string): string[] {
  const words: string[] = [];
  let word = '';
  const end = () => {
    if (word !== '') words.push(word);
    word = '';
  };
  for (let at = 0; at < name.length; at += 1) {
    const character = name[at] as string;
    const isUpper = character >= 'A' && character <= 'Z';
    const isLower = character >= 'a' && character <= 'z';
    if (!isUpper && !isLower) {
      end();
      continue;
    }
    const before = name[at - 1] ?? '';
    const after = name[at + 1] ?? '';
    const afterLower = before >= 'a' && before <= 'z';
    const beforeLower = before >= 'A' && before <= 'Z' && after >= 'a' && after <= 'z';
    if (isUpper && (afterLower || beforeLower)) end();
    word += character.toLowerCase();
  }
  end();
  return words;
}

export const builtInNames = new SecretNames([]);
