/** What a name ends with, split into its words, where its value is a secret. */
const secretWords = new Set([
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
const secretPairs = new Set([
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

function endsWithSecret(words: readonly string[]): boolean {
  const last = words.at(-1);
  if (last === undefined) return false;
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
