import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from './elasticsearch/cache.ts';
import { until } from './agent/index.ts';

const run = promisify(execFile);
const attemptsMax = 5;
const packages = ['slapd', 'libargon2-1', 'libldap-2.5-0', 'libltdl7', 'libodbc2', 'libsasl2-2', 'libwrap0'];

export const base = 'dc=example,dc=test';
export const reader = `cn=reader,${base}`;
export const password = 'only for tests';

export interface SlapdOptions {
  /** Of its own; what it writes stays there. */
  folder: string;
  /** Numbers of the people that it has: `person-1` and so on. */
  people: number;
  /** Files of a certificate for 127.0.0.1 and its key. */
  tls?: { cert: string; key: string };
}

/** A real OpenLDAP server of Debian 12 on loopback, unpacked and not installed. It gives nobody but its administrator more than 500 entries at once. */
export class Slapd {
  readonly url: string;
  /** Of TLS; undefined without a certificate. */
  readonly tlsUrl: string | undefined;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string, tlsUrl: string | undefined) {
    this.#child = child;
    this.url = url;
    this.tlsUrl = tlsUrl;
  }

  static async start({ folder, people, tls }: SlapdOptions): Promise<Slapd> {
    const files = await Files.make(folder, tls);
    await files.add(ldif(people));
    // Port 0 is 389 to slapd. Between the choice and the start another may take a port; then slapd ends, and others are chosen.
    for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
      const ports = await freePorts(tls ? 2 : 1);
      const urls = ports.map((port, n) => `${n === 0 ? 'ldap' : 'ldaps'}://127.0.0.1:${port}`);
      const child = files.spawn('slapd', ['-d', '0', '-h', urls.join(' ')]);
      const [url = '', tlsUrl] = urls;
      await until(
        async () => child.exitCode !== null || (await answers(ports.at(-1)!)),
        () => `slapd does not listen on ${urls.join(', ')}`,
      );
      if (child.exitCode === null) return new Slapd(child, url, tlsUrl);
    }
    throw new Error(`slapd has ended ${attemptsMax} times`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    if (this.#child.exitCode === null) await gone;
  }
}

/** Its programs, configuration and database. */
class Files {
  readonly #root: string;
  readonly #folder: string;

  private constructor(root: string, folder: string) {
    this.#root = root;
    this.#folder = folder;
  }

  static async make(folder: string, tls: SlapdOptions['tls']): Promise<Files> {
    const root = await cached(undefined, 'slapd-2.5.13', unpack);
    await mkdir(join(folder, 'db'), { recursive: true });
    const schemas = ['core', 'cosine', 'inetorgperson'];
    const lines = [
      ...schemas.map((name) => `include ${root}/etc/ldap/schema/${name}.schema`),
      `modulepath ${root}/usr/lib/ldap`,
      'moduleload back_mdb',
      ...(tls ? [`TLSCertificateFile ${tls.cert}`, `TLSCertificateKeyFile ${tls.key}`] : []),
      'sizelimit size.soft=500 size.hard=500 size.prtotal=unlimited',
      'access to attrs=userPassword by anonymous auth',
      `access to * by dn.exact="${reader}" read by * none`,
      'database mdb',
      'maxsize 268435456',
      `suffix "${base}"`,
      `directory ${folder}/db`,
      'index objectClass eq',
    ];
    await writeFile(join(folder, 'slapd.conf'), `${lines.join('\n')}\n`);
    return new Files(root, folder);
  }

  async add(entries: string): Promise<void> {
    await writeFile(join(this.#folder, 'entries.ldif'), entries);
    const child = this.spawn('slapadd', ['-q', '-l', join(this.#folder, 'entries.ldif')]);
    const [code] = (await once(child, 'exit')) as [number];
    if (code !== 0) throw new Error(`slapadd ends with ${code}`);
  }

  spawn(program: string, options: string[]): ChildProcess {
    const config = ['-f', join(this.#folder, 'slapd.conf')];
    return spawn(join(this.#root, 'usr/sbin', program), [...config, ...options], {
      env: { ...process.env, LD_LIBRARY_PATH: join(this.#root, 'usr/lib/x86_64-linux-gnu') },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
}

async function unpack(folder: string): Promise<void> {
  const download = join(folder, 'packages');
  await mkdir(download);
  const fetch = async () => await run('apt-get', ['download', ...packages], { cwd: download });
  await fetch().catch(async () => {
    await run('apt-get', ['update', '-qq']);
    await fetch();
  });
  for (const name of await readdir(download)) await run('dpkg', ['-x', join(download, name), folder]);
  await rm(download, { recursive: true });
}

function ldif(people: number): string {
  const heads = [
    `dn: ${base}\nobjectClass: dcObject\nobjectClass: organization\no: example\ndc: example\n`,
    `dn: ${reader}\nobjectClass: applicationProcess\nobjectClass: simpleSecurityObject\ncn: reader\nuserPassword: ${password}\n`,
    `dn: ou=people,${base}\nobjectClass: organizationalUnit\nou: people\n`,
  ];
  const entries = Array.from({ length: people }, (_, i) => personLdif(i + 1));
  return `${[...heads, ...entries].join('\n')}\n`;
}

function personLdif(n: number): string {
  const uid = `person-${n}`;
  const lines = [
    `dn: uid=${uid},ou=people,${base}`,
    'objectClass: inetOrgPerson',
    `uid: ${uid}`,
    `cn: Person ${n}`,
    `sn: ${n}`,
    `displayName: Pérson ${n}`,
    `mail: ${uid}@example.test`,
    `departmentNumber: ${n % 7}`,
    `employeeType: ${n % 10 === 0 ? 'left' : 'active'}`,
    `manager: uid=person-1,ou=people,${base}`,
  ];
  return `${lines.map((line) => (/[^\0-\u007F]/u.test(line) ? encoded(line) : line)).join('\n')}\n`;
}

/** Of what is not ASCII, as LDIF (RFC 2849) wants it. */
function encoded(line: string): string {
  const colon = line.indexOf(': ');
  return `${line.slice(0, colon)}:: ${Buffer.from(line.slice(colon + 2)).toString('base64')}`;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map(async (server) => await once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map(async (server) => await once(server.close(), 'close')));
  return ports;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const isThere = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return isThere;
}
