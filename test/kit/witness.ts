import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  nodeHash,
  openCheckpoint,
  parseCheckpoint,
  parseVerifierKey,
  splitNote,
} from '../../agent/seal/index.ts';

/** The key of a witness, and what it signs: C2SP tlog-cosignature, written from its text. */
export class Cosigner {
  readonly name: string;
  readonly vkey: string;
  readonly #type: number;
  readonly #keyId: Buffer;
  readonly #privateKey: KeyObject;

  constructor(name: string, kind: 'ed25519' | 'ml-dsa-44' = 'ed25519') {
    const { publicKey, privateKey } =
      kind === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ml-dsa-44');
    this.name = name;
    this.#privateKey = privateKey;
    this.#type = kind === 'ed25519' ? 0x04 : 0x06;
    const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(kind === 'ed25519' ? -32 : -1312);
    const typed = Buffer.concat([Buffer.of(this.#type), raw]);
    this.#keyId = createHash('sha256').update(`${name}\n`).update(typed).digest().subarray(0, 4);
    this.vkey = `${name}+${this.#keyId.toString('hex')}+${typed.toString('base64')}`;
  }

  /** A signature line for a checkpoint's text. */
  line(checkpointText: string, at: Date): string {
    const seconds = Math.floor(at.getTime() / 1000);
    const time = Buffer.alloc(8);
    time.writeBigUInt64BE(BigInt(seconds));
    const signature = sign(null, this.#message(checkpointText, seconds, time), this.#privateKey);
    const bytes = Buffer.concat([this.#keyId, time, signature]);
    return `\u2014 ${this.name} ${bytes.toString('base64')}\n`;
  }

  #message(checkpointText: string, seconds: number, time: Buffer): Buffer {
    if (this.#type === 0x04) return Buffer.from(`cosignature/v1\ntime ${seconds}\n${checkpointText}`);
    const { origin, size, root } = parseCheckpoint(checkpointText);
    const end = Buffer.alloc(8);
    end.writeBigUInt64BE(BigInt(size));
    return Buffer.concat([
      Buffer.from('subtree/v1\n\0'),
      named(this.name),
      time,
      named(origin),
      Buffer.alloc(8),
      end,
      root,
    ]);
  }
}

function named(name: string): Buffer {
  return Buffer.concat([Buffer.of(name.length), Buffer.from(name)]);
}

interface Answer {
  status: number;
  body: string;
  headers?: Record<string, string>;
}

interface Known {
  size: number;
  root: Buffer;
}

/** A witness as C2SP tlog-witness v1.0.0 says, on loopback: what the real one does is in the tests of test:real. */
export class WitnessServer implements AsyncDisposable {
  readonly cosigners: Cosigner[];
  /** By origin; a test may turn it back. */
  readonly logs = new Map<string, Known>();
  readonly asked: { status: number; body: string }[] = [];
  /** Answers in place of its own, the next first. */
  readonly faults: ((body: string) => Answer)[] = [];
  now: () => Date = () => new Date();
  /** Which logs it takes; by default all that sign for themselves, as one that was told the vkey would. */
  readonly keys = new Map<string, string>();
  readonly #server: Server;

  private constructor(cosigners: Cosigner[]) {
    this.cosigners = cosigners;
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const isOurs = request.method === 'POST' && request.url === '/w/add-checkpoint';
    const answerTo = this.faults.shift() ?? ((said: string) => this.#answer(said));
    const answer: Answer = isOurs ? answerTo(body) : { status: 404, body: '' };
    this.asked.push({ status: answer.status, body });
    response.writeHead(answer.status, answer.headers).end(answer.body);
  }

  static async start(...cosigners: Cosigner[]): Promise<WitnessServer> {
    const witness = new WitnessServer(cosigners);
    witness.#server.listen(0, '127.0.0.1');
    await once(witness.#server, 'listening');
    return witness;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/w`;
  }

  #answer(body: string): Answer {
    const empty = body.indexOf('\n\n');
    const [first = '', ...lines] = body.slice(0, empty).split('\n');
    const note = body.slice(empty + 2);
    const old = Number(/^old (0|[1-9]\d*)$/u.exec(first)?.[1] ?? NaN);
    if (empty < 0 || Number.isNaN(old) || lines.length > 63) return { status: 400, body: 'malformed' };
    const proof = lines.map((line) => Buffer.from(line, 'base64'));
    const [origin = ''] = note.split('\n', 1);
    const vkey = this.keys.get(origin);
    if (vkey === undefined) return { status: 404, body: 'unknown log' };
    let opened: Known;
    try {
      opened = openCheckpoint(note, parseVerifierKey(vkey));
    } catch {
      return { status: 403, body: 'no signature by a known key' };
    }
    if (old > opened.size) return { status: 400, body: 'old size above size' };
    const known = this.logs.get(origin) ?? { size: 0, root: Buffer.alloc(0) };
    if (known.size !== old)
      return { status: 409, body: `${known.size}\n`, headers: { 'Content-Type': 'text/x.tlog.size' } };
    if (!isConsistent(known, opened, proof)) return { status: 422, body: 'inconsistent' };
    this.logs.set(origin, opened);
    const lineOf = (cosigner: Cosigner) => cosigner.line(splitNote(note).text, this.now());
    return { status: 200, body: this.cosigners.map(lineOf).join('') };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}

/** RFC 9162 §2.1.4.2, which is another way than the agent's to put the hashes together. */
export function isConsistent(old: Known, grown: Known, proof: readonly Buffer[]): boolean {
  if (old.size === 0) return proof.length === 0;
  if (old.size === grown.size) return proof.length === 0 && old.root.equals(grown.root);
  const path = Number.isInteger(Math.log2(old.size)) ? [old.root, ...proof] : [...proof];
  let [fn, sn] = [old.size - 1, grown.size - 1];
  while (fn % 2 === 1) [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  const first = path.shift();
  if (!first) return false;
  let [fr, sr] = [first, first];
  for (const hash of path) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      [fr, sr] = [nodeHash(hash, fr), nodeHash(hash, sr)];
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
    } else sr = nodeHash(sr, hash);
    [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  }
  return sn === 0 && fr.equals(old.root) && sr.equals(grown.root);
}
