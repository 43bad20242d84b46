import { gzipSync } from 'node:zlib';
import { eventDocumentId, formOf, importKey, leafHash, logIdOf, refusalNote, refusedForm } from '../../../agent/seal/index.ts';
import type { StoredDocument } from '../../../agent/verify/index.ts';
import { eventsIndex, privateKeyOf, recordsIndex } from '../../kit/seal/log.ts';
import { entryOf } from './listing.ts';
import { formIn, isNote, isRecord, placeOf } from './mutate-parts.ts';
import type { Mutation } from './mutate-parts.ts';
import type { Random } from './random.ts';
import { attackersKey, parse, partsOf } from './rehash.ts';
import type { Scene } from './vectors.ts';

type StreamName = 'records' | 'events';

const pickStream = (random: Random): StreamName => (random.chance(65) ? 'events' : 'records');

/** A document that is deleted, copied, swapped, moved or given another `_id`. */
export const whole: Mutation = (scene, random) => {
  const stream = pickStream(random);
  const list = scene.written[stream];
  if (list.length === 0) return undefined;
  const at = random.below(list.length);
  const document = list[at]!;
  const kind = random.pick(Object.keys(operations));
  const detail = `${stream} ${document.id}`;
  operations[kind]!(scene, list, at, random);
  return { kind: `document: ${kind}`, detail };
};

const operations: Record<string, (scene: Scene, list: StoredDocument[], at: number, random: Random) => void> =
  {
    delete: (_scene, list, at) => list.splice(at, 1),
    'delete some': (_scene, list, at, random) => list.splice(at, 1 + random.below(4)),
    copy: (_scene, list, at) => list.push(copyOf(list[at]!)),
    'copy under another _id': (_scene, list, at, random) => {
      const copy = copyOf(list[at]!);
      copy.id = otherId(copy.id, random);
      list.push(copy);
    },
    'other _id': (_scene, list, at, random) => {
      list[at]!.id = otherId(list[at]!.id, random);
    },
    'swap bytes': (_scene, list, at, random) => {
      const [a, b] = [list[at]!, random.pick(list)];
      [a.source, b.source] = [b.source, a.source];
    },
    'swap _ids': (_scene, list, at, random) => {
      const [a, b] = [list[at]!, random.pick(list)];
      [a.id, b.id] = [b.id, a.id];
    },
    'take another’s _id': (_scene, list, at, random) => {
      list[at]!.id = random.pick(list).id;
    },
    'move to the other stream': (scene, list, at) => {
      const [document] = list.splice(at, 1);
      (list === scene.written.events ? scene.written.records : scene.written.events).push(document!);
    },
  };

function otherId(id: string, random: Random): string {
  const at = random.below(Math.max(1, id.length));
  return random.pick([
    id.slice(0, at) + random.pick(['0', '1', 'f', 'x', '-', '']) + id.slice(at + 1),
    id.replace(/-\d{12}-/u, `-${String(random.below(40)).padStart(12, '0')}-`),
    id.replace(/-b\d{8}-/u, `-b${String(random.below(12)).padStart(8, '0')}-`),
    id.replace(/^[0-9a-f]{16}/u, '0123456789abcdef'),
    id.toUpperCase(),
    `${id}0`,
    'AVx0o5cBQ',
  ]);
}

/** An event that never was. */
export const forged: Mutation = (scene, random) => {
  const model = random.pick(scene.written.events);
  const text = model.source.toString('latin1');
  const { origin, batch } = placeOf(model);
  const put = (name: string, value: string) =>
    text.replace(new RegExp(`"${name}":[^,}]*`, 'u'), `"${name}":${value}`);
  const kinds: Record<string, () => string> = {
    'with seal fields': () => put('sequence', String(random.below(60))),
    'of an unknown log': () => text.replaceAll(origin, 'prod/cp-9/kube-apiserver/20261123T004438Z'),
    'of an unknown epoch': () =>
      text.replaceAll(
        origin,
        origin.replace(/[^/]+$/u, random.pick(['20200101T000000Z', '20991231T235959Z'])),
      ),
    'of a malformed origin': () =>
      text.replaceAll(origin, random.pick(['', 'prod', 'a/b/c', 'a/b/c/d/e', 'ä/b/c/d'])),
    'without seal fields': () => '{"@timestamp":"2026-11-23T00:44:40Z","event":{"kind":"event"}}',
    'far above': () =>
      put('sequence', random.pick(['999', '9007199254740991', '9007199254740992', '1e3', '40.0'])),
    'of the next batches': () =>
      put('sequence', String(30 + random.below(30))).replace(
        `"batch":${batch}}`,
        `"batch":${batch + random.below(6)}}`,
      ),
    'without a batch': () => put('sequence', '99').replace(`,"batch":${batch}}`, '}'),
  };
  const kind = random.pick(Object.keys(kinds));
  const source = Buffer.from(kinds[kind]!(), 'latin1');
  if (parse(source.toString('latin1')) === undefined) return undefined;
  const index = random.below(60);
  const id = random.pick([
    'forged',
    model.id,
    `${model.id.slice(0, 17)}${String(index).padStart(12, '0')}-${leafHash(source).toString('hex', 0, 8)}`,
    eventDocumentId(logIdOf(attackersKey(origin || 'a/b/c/d').verifier.text), index, leafHash(source)),
  ]);
  scene.written.events.push({ index: eventsIndex, id, source });
  return { kind: `forged event: ${kind}`, detail: id };
};

/** The refused form, where it should not be, or otherwise than it was. */
export const refused: Mutation = (scene, random) => {
  const document = random.pick(scene.written.events);
  const entry = entryIn(document);
  if (!entry) return undefined;
  const isForm = entry !== document.source;
  const was = formIn(document.source);
  const form = isForm ? (random.chance(80) ? was : random.pick(['bodies', 'event'] as const)) : random.pick(['bodies', 'event'] as const);
  const value = parse(document.source.toString()) as { error?: { message?: string } };
  const message = value.error?.message ?? 'nobody refused this';
  const packed = gzipSync(entry, { level: random.below(10) });
  const kinds: Record<string, () => Buffer | undefined> = {
    'packed otherwise': () => formOf(entry, message, packed.toString('base64'), form),
    'another message': () => refusedForm(entry, random.pick(['other', 'é\u0007\n"', '\ud800x', '']), form),
    'bytes behind': () =>
      formOf(entry, message, Buffer.concat([packed, Buffer.of(0, 1, 2)]).toString('base64'), form),
    'two members': () =>
      formOf(
        entry,
        message,
        Buffer.concat([gzipSync(entry.subarray(0, 9)), gzipSync(entry.subarray(9))]).toString('base64'),
        form,
      ),
    'a header byte': () => {
      packed[random.below(10)]! ^= 1 << random.below(8);
      return formOf(entry, message, packed.toString('base64'), form);
    },
    'a trailer byte': () => {
      packed[packed.length - 1 - random.below(8)]! ^= 1;
      return formOf(entry, message, packed.toString('base64'), form);
    },
    'another entry inside': () =>
      refusedForm(Buffer.from(entry.toString().replace(/get|list|watch/u, 'put')), message, form),
    'the entry itself': () => entry,
  };
  const kind = random.pick(Object.keys(kinds));
  const source = kinds[kind]!();
  if (!source) return undefined;
  const beside = random.chance(30);
  if (beside) scene.written.events.push({ ...document, source });
  else document.source = source;
  const where = beside ? 'beside' : 'instead';
  const rehashed = !isForm && random.chance(50) && speakFor(scene, document, message, random);
  return { kind: `refused form: ${kind}`, detail: `${document.id} (${where})`, rehashed };
};

/** A note for the refusal of a document, by the attacker's key or moved from another refusal. */
function speakFor(scene: Scene, { id, source }: StoredDocument, message: string, random: Random): boolean {
  const { origin } = placeOf({ index: '', id, source });
  if (origin === '') return false;
  const index = Number(id.slice(17, 29));
  const other = scene.written.records.find(isNote);
  const key = random.chance(20) ? importKey(origin, privateKeyOf(origin)) : attackersKey(origin);
  const refusal = { index, form: random.pick(['bodies', 'event'] as const), status: 400, type: 'x', message };
  const own = refusalNote(refusal, key, scene.written.namespace, new Date(0));
  const moved = other && random.chance(40) ? { id: own.id, source: other.source } : own;
  const noteId = random.chance(50) ? `${id.slice(0, 16)}${moved.id.slice(16)}` : moved.id;
  scene.written.records.push({ index: recordsIndex, id: noteId, source: moved.source });
  return true;
}

function entryIn(document: StoredDocument): Buffer | undefined {
  try {
    return entryOf(document.source);
  } catch {
    return undefined;
  }
}

/** Records that are gone, with what hangs on them or without. */
export const dropped: Mutation = (scene, random) => {
  const parts = partsOf(random.pick(scene.written.records.filter(isRecord)));
  if (!parts) return undefined;
  const { origin, batch, vkey } = parts;
  const kind = random.pick([
    'a batch',
    'the newest batches',
    'the oldest batches',
    'an epoch',
    'all notes of an epoch',
  ]);
  const isGone = (ofOrigin: string, of: number) => {
    if (ofOrigin !== origin) return false;
    if (kind === 'a batch') return of === batch;
    return kind === 'an epoch' || (kind === 'the newest batches' ? of >= batch : of <= batch);
  };
  const withEvents = random.chance(70);
  const logId = logIdOf(vkey);
  const { written } = scene;
  written.records = written.records.filter((document) => {
    const other = isRecord(document) ? partsOf(document) : undefined;
    if (kind === 'all notes of an epoch') return other !== undefined || !document.id.startsWith(logId);
    return other === undefined || !isGone(other.origin, other.batch);
  });
  if (withEvents && kind !== 'all notes of an epoch')
    written.events = written.events.filter((document) => {
      const place = placeOf(document);
      return !isGone(place.origin, place.batch);
    });
  return { kind: `dropped: ${kind}`, detail: `${origin} ${batch}${withEvents ? '' : ' without its events'}` };
};

/** The verifier's clock. */
export const clock: Mutation = (scene, random) => {
  const seconds = random.pick([
    -400_000, -301, -300, -299, 0, 60, 119, 120, 121, 410, 419, 420, 421, 600, 86_400, 40_000_000,
  ]);
  scene.now = new Date(scene.now.getTime() + seconds * 1000);
  const deleted = random.chance(30) && scene.written.events.length > 0;
  if (deleted) scene.written.events.splice(random.below(scene.written.events.length), 1);
  return {
    kind: 'clock',
    detail: `${seconds} s${deleted ? ', an event deleted' : ''}`,
    excused: seconds > 400,
  };
};

/** What the auditor trusts. */
export const trust: Mutation = (scene, random) => {
  const { trust: file } = scene;
  if (!file || file.logs.length === 0) return undefined;
  const log = random.pick(file.logs);
  const other = partsOf(random.pick(scene.written.records.filter(isRecord)));
  const kinds: Record<string, () => void> = {
    'a log that is not there': () => {
      const [cluster, node, source] = ['prod', 'cp-8', 'kube-apiserver'];
      const { text: vkey } = attackersKey(`${cluster}/${node}/${source}/20261123T004438Z`).verifier;
      file.logs.push({ cluster, node, source, vkey });
    },
    'a log left out': () => file.logs.splice(file.logs.indexOf(log), 1),
    'another epoch': () => {
      if (!other) return;
      const [cluster, node, source] = other.origin.split('/') as [string, string, string];
      file.logs.push({ cluster, node, source, vkey: other.vkey });
    },
    'only another epoch': () => {
      if (!other) return;
      const [cluster, node, source] = other.origin.split('/') as [string, string, string];
      file.logs = [{ cluster, node, source, vkey: other.vkey }];
    },
    'a second key': () => {
      const { text: vkey } = attackersKey(log.vkey.split('+')[0]!).verifier;
      file.logs.push({ ...log, vkey });
    },
    'a malformed key': () => (log.vkey = log.vkey.slice(0, random.below(log.vkey.length))),
    'the name of another': () => (log.node = 'cp-7'),
    'another version': () => Object.assign(file, { v: random.pick([0, 2, '1']) }),
    'a member too many': () => Object.assign(random.pick([file, log]), { note: 'x' }),
    'an operator': () => Object.assign(file, { operators: random.pick([['ops+00000000+AQ=='], 'ops', [1]]) }),
  };
  const kind = random.pick(Object.keys(kinds));
  kinds[kind]!();
  return { kind: `trust: ${kind}`, detail: '', excused: true };
};

function copyOf(document: StoredDocument): StoredDocument {
  return { ...document, index: `${document.index.slice(0, -1)}2` };
}
