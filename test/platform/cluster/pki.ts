import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { demand } from './processes.ts';

export interface Certificate {
  certificate: string;
  key: string;
}

const days = '30';

/** A certificate authority in a folder of its own: the cluster's, or one that the cluster does not know. */
export class Authority {
  readonly folder: string;
  readonly file: string;
  readonly keyFile: string;
  readonly #config: string;

  private constructor(folder: string, name: string) {
    this.folder = folder;
    this.file = join(folder, `${name}.crt`);
    this.keyFile = join(folder, `${name}.key`);
    this.#config = join(folder, 'openssl.cnf');
  }

  static async make(folder: string, name: string): Promise<Authority> {
    const authority = new Authority(folder, name);
    // openssl's own file would make an authority of every certificate.
    await writeFile(authority.#config, '[req]\ndistinguished_name=dn\n[dn]\n');
    await authority.#request(`/CN=${name}`, authority.file, authority.keyFile, [
      'basicConstraints=critical,CA:TRUE',
      'keyUsage=critical,keyCertSign,digitalSignature',
    ]);
    return authority;
  }

  /** Of a client: Kubernetes takes the common name as the user and each organization as a group. */
  async client(file: string, user: string, groups: readonly string[] = []): Promise<Certificate> {
    const subject = [...groups.map((group) => `/O=${group}`), `/CN=${user}`].join('');
    return await this.#issue(file, subject, ['extendedKeyUsage=clientAuth']);
  }

  /** Of a server, for these names and addresses (`DNS:…`, `IP:…`). */
  async server(file: string, name: string, alternatives: readonly string[]): Promise<Certificate> {
    const extensions = ['extendedKeyUsage=serverAuth', `subjectAltName=${alternatives.join(',')}`];
    return await this.#issue(file, `/CN=${name}`, extensions);
  }

  async #issue(file: string, subject: string, extensions: string[]): Promise<Certificate> {
    const [certificate, key] = [join(this.folder, `${file}.crt`), join(this.folder, `${file}.key`)];
    const leaf = [...extensions, 'basicConstraints=critical,CA:FALSE'];
    await this.#request(subject, certificate, key, leaf, ['-CA', this.file, '-CAkey', this.keyFile]);
    return { certificate, key };
  }

  async #request(
    subject: string,
    file: string,
    keyFile: string,
    extensions: readonly string[],
    issuer: readonly string[] = [],
  ): Promise<void> {
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const added = extensions.flatMap((extension) => ['-addext', extension]);
    const common = ['-config', this.#config, '-utf8', '-days', days, '-subj', subject];
    await demand([
      'openssl',
      'req',
      '-x509',
      ...curve,
      ...common,
      ...added,
      ...issuer,
      '-keyout',
      keyFile,
      '-out',
      file,
    ]);
  }
}

/** A key pair for signing the tokens of service accounts. */
export async function tokenKeys(folder: string): Promise<{ key: string; publicKey: string }> {
  const [key, publicKey] = [join(folder, 'sa.key'), join(folder, 'sa.pub')];
  await demand(['openssl', 'genrsa', '-out', key, '2048']);
  await demand(['openssl', 'rsa', '-in', key, '-pubout', '-out', publicKey]);
  return { key, publicKey };
}
