import { Pseudonyms, pseudonymOf, readPseudonymKey } from '../pseudonym/index.ts';

/** Help text of `--pseudonym-key-file`, wherever there is one. */
export const pseudonymKeyHelp =
  'file with the agents’ key of pseudonyms (pseudonyms.keyFile); after a rotation once for each key';

/** Those under each of the keys. Throws PseudonymError. */
export async function pseudonymsOf(files: readonly string[] = []): Promise<Pseudonyms[]> {
  return await Promise.all(files.map(async (file) => new Pseudonyms(await readPseudonymKey(file))));
}

/** A name as it may stand in Elasticsearch: as it is (before there were pseudonyms, or because it is kept), and under each key. */
export function formsOf(name: string, keys: readonly Pseudonyms[]): string[] {
  return [...new Set([name, ...keys.map((key) => pseudonymOf(name, key))])];
}
