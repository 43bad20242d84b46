import { logIdOf, noteDocumentId, recordDocumentId, refusalText, signNote, startText } from '../../../agent/seal/index.ts';
import type { RefusedForm } from '../../../agent/seal/index.ts';
import type { StoredDocument } from '../../../agent/verify/index.ts';
import { noteDocument } from '../../kit/seal/note.ts';
import { eraserKey, operatorKey, statementDocument } from '../../kit/seal/operator.ts';
import { editBytes, editJson } from './mutate-json.ts';
import { editNote } from './mutate-note.ts';
import { randomStatement } from './random-statements.ts';
import type { Random } from './random.ts';
import { attackersKey, isObject, parse, partsOf, rebuilt, rehash, replaceIn, signings } from './rehash.ts';
import type { Parts } from './rehash.ts';
import type { Scene } from './vectors.ts';

/** What was done to a scene. */
export interface Done {
  kind: string;
  detail: string;
  /** Hashed anew, as one without the key can. */
  rehashed?: boolean;
  /** What cannot be noticed, by what the format itself says. */
  excused?: boolean;
}

export type Mutation = (scene: Scene, random: Random) => Done | undefined;

const ofLetter = (letters: string) => ({ id }: StoredDocument) => new RegExp(`^[0-9a-f]{16}-[${letters}]`, 'u').test(id);
export const isNote = ofLetter('r');
export const isMarker = ofLetter('s');
export const isStatement = ofLetter('o');
const isOther = ofLetter('ac-z');
export const isRecord = (document: StoredDocument) => !isOther(document);

/** What was left out of a refused form. */
export function formIn(source: Buffer): RefusedForm {
  return source.includes(',"kubernetes":{"audit":') ? 'bodies' : 'event';
}

/** A member or some bytes of an event document. */
export const event: Mutation = (scene, random) => {
  const document = random.pick(scene.written.events);
  const { origin, batch } = placeOf(document);
  const edit = editText(document.source, random);
  if (!edit) return undefined;
  document.source = edit.bytes;
  const done = { kind: `event: ${edit.kind}`, detail: `${document.id} ${edit.path}` };
  return hashed(scene, random, done, origin, batch);
};

/** A member of a batch record, outside of its manifest and note. */
export const record: Mutation = (scene, random) => {
  const document = random.pick(scene.written.records.filter(isRecord));
  const edit = editText(document.source, random);
  if (!edit) return undefined;
  document.source = edit.bytes;
  return { kind: `record: ${edit.kind}`, detail: `${document.id} ${edit.path}` };
};

/** A member or some bytes of a manifest. */
export const manifest: Mutation = (scene, random) => {
  const parts = pickParts(scene, random);
  if (!parts) return undefined;
  const { document, origin, batch } = parts;
  const edit = editText(Buffer.from(parts.manifest), random, true);
  if (!edit) return undefined;
  replaceIn(parts, { manifest: edit.bytes.toString() });
  const done = { kind: `manifest: ${edit.kind}`, detail: `${document.id} ${edit.path}` };
  return hashed(scene, random, done, origin, batch);
};

/** The note of a checkpoint. */
export const checkpoint: Mutation = (scene, random) => {
  const parts = pickParts(scene, random);
  if (!parts) return undefined;
  const edit = editNote(parts.checkpoint, random);
  const rehashed = random.chance(40);
  if (rehashed) resign(parts, edit.note, scene.written.namespace);
  else replaceIn(parts, { checkpoint: edit.note });
  return { kind: `checkpoint: ${edit.kind}`, detail: parts.document.id, rehashed };
};

/** The hashes of a record, or its key. */
export const hashes: Mutation = (scene, random) => {
  const parts = pickParts(scene, random);
  if (!parts) return undefined;
  const name = random.pick(['leaf_hashes', 'frontier', 'vkey'] as const);
  const old = String(parts.old[name]);
  const bytes = Buffer.from(old, 'base64');
  const other = pickParts(scene, random)!;
  const value = random.pick([
    () => bytes.subarray(32).toString('base64'),
    () => Buffer.concat([bytes, Buffer.alloc(32, 7)]).toString('base64'),
    () => Buffer.concat([bytes.subarray(32), bytes.subarray(0, 32)]).toString('base64'),
    () => bytes.subarray(0, -1).toString('base64'),
    () =>
      editBytes(Buffer.from(`${old} `), random)
        .toString('latin1')
        .trimEnd(),
    () => String(other.old[name]),
    () => '',
    () => `${old}\n`,
    () => attackersKey(parts.origin).verifier.text,
  ])();
  if (value === old) return undefined;
  replaceIn(parts, { [name]: value });
  return hashed(
    scene,
    random,
    { kind: `record: ${name}`, detail: parts.document.id },
    parts.origin,
    parts.batch,
  );
};

/** A whole log signed anew with another key, from some batch on or only that one; something in it may have changed. */
export const takeOver: Mutation = (scene, random) => {
  const parts = pickParts(scene, random);
  if (!parts) return undefined;
  const { origin } = parts;
  const from = random.chance(50) ? 0 : parts.batch;
  if (random.chance(60)) {
    const changed = scene.written.events.filter((document) => {
      const place = placeOf(document);
      return place.origin === origin && place.batch >= from;
    });
    const document = changed.length > 0 ? random.pick(changed) : undefined;
    const edit = document && editText(document.source, random);
    if (document && edit) document.source = edit.bytes;
  }
  const signing = random.pick(signings);
  const extent = random.pick(['batch', 'to the end'] as const);
  if (!rehash(scene.written, { origin, from, extent, signing })) return undefined;
  if (random.chance(50)) resignNotes(scene, origin);
  return {
    kind: `log: taken over (${signing})`,
    detail: `${origin} from ${from}, ${extent}`,
    rehashed: true,
    excused: scene.trust === undefined && from === 0 && signing === 'own key',
  };
};

/** What an operator says, one whom the trust file lists or another. */
export const statement: Mutation = (scene, random) => {
  const said = randomStatement(scene, random);
  const takes = said.kind === 'retention' || said.kind === 'erase';
  const known = takes ? eraserKey() : operatorKey();
  const key = random.chance(80) ? known : random.pick([operatorKey(), eraserKey(), operatorKey('stranger@example.com')]);
  const { operators, erasers } = scene.trust ?? {};
  // Another mutation may have put something else in its place.
  for (const [list, { verifier }] of [
    [operators, operatorKey()],
    [erasers, eraserKey()],
  ] as const)
    if (Array.isArray(list) && !list.includes(verifier.text)) list.push(verifier.text);
  scene.written.records.push(statementDocument(said, key, scene.written.namespace));
  if (said.kind !== 'erase' || random.chance(50)) return { kind: `statement: ${said.kind}`, detail: JSON.stringify(said) };
  // What was signed away is gone.
  scene.written.events = scene.written.events.filter(({ id, source }) => {
    const index = Number(id.slice(17, 29));
    const isOf = placeOf({ index: '', id, source }).origin === said.log;
    return !isOf || !said.indexes.some(({ first, last }) => index >= first && index <= last);
  });
  return { kind: 'statement: erase', detail: JSON.stringify(said), excused: true };
};

/** A refusal note, a start marker or a statement. */
export const signedNote: Mutation = (scene, random) => {
  const notes = scene.written.records.filter((document) => !isRecord(document));
  if (notes.length === 0) return undefined;
  const document = random.pick(notes);
  const what = isNote(document) ? 'refusal note' : isMarker(document) ? 'marker' : 'a statement’s note';
  const value = parse(document.source.toString());
  const members = isObject(value) ? value['auditseal'] : undefined;
  if (!isObject(members) || typeof members['note'] !== 'string' || random.chance(30)) {
    const edit = editText(document.source, random);
    if (!edit) return undefined;
    document.source = edit.bytes;
    return { kind: `${what}: ${edit.kind}`, detail: `${document.id} ${edit.path}` };
  }
  if (random.chance(20)) return respeak(document, what, String(members['origin']), random);
  const edit = editNote(members['note'], random);
  const rehashed = random.chance(40);
  let { note: text } = edit;
  if (rehashed)
    text = signNote(text.slice(0, text.indexOf('\n\n') + 1), attackersKey(String(members['origin'])));
  document.source = Buffer.from(
    JSON.stringify({ ...(value as object), auditseal: { ...members, note: text } }),
  );
  if (random.chance(40)) rename(document, text);
  return { kind: `${what}: ${edit.kind}`, detail: document.id, rehashed };
};

/** Gives a note document the `_id` that its note gives. */
function rename(document: StoredDocument, note: string): void {
  const [, logId, place] = /^([0-9a-f]{16})-(\w+)-[0-9a-f]{16}$/u.exec(document.id) ?? [];
  if (logId !== undefined && place !== undefined) document.id = noteDocumentId(logId, place, note);
}

/** The same word, or another, by the attacker's key. */
function respeak(document: StoredDocument, what: string, origin: string, random: Random): Done {
  const key = attackersKey(origin);
  const number = random.pick([1, 0, 2, Number(/^[0-9a-f]{16}-[rs](\d+)/u.exec(document.id)?.[1] ?? 0)]);
  const refusal = { index: number, form: random.pick(['bodies', 'event'] as const), status: 400, type: 'x', message: 'x' };
  const text = random.pick([startText(origin, number), refusalText(origin, refusal)]);
  document.source = noteDocument(text, key, 'auditseal', new Date(0));
  if (random.chance(50)) document.id = document.id.replace(/^[0-9a-f]{16}/u, logIdOf(key.verifier.text));
  if (random.chance(50)) rename(document, signNote(text, key));
  return { kind: `${what}: signed by another key`, detail: document.id, rehashed: true };
}

function resignNotes(scene: Scene, origin: string): void {
  const key = attackersKey(origin);
  for (const document of scene.written.records.filter((each) => !isRecord(each))) {
    const value = parse(document.source.toString());
    const members = isObject(value) ? value['auditseal'] : undefined;
    if (!isObject(members) || members['origin'] !== origin || typeof members['note'] !== 'string') continue;
    const text = members['note'].slice(0, members['note'].indexOf('\n\n') + 1);
    document.source = noteDocument(text, key, scene.written.namespace, new Date(0));
    document.id = document.id.replace(/^[0-9a-f]{16}/u, logIdOf(key.verifier.text));
    rename(document, signNote(text, key));
  }
}

/** Of a manifest or an event that was changed, mostly everything that hangs on it is hashed anew. */
function hashed(scene: Scene, random: Random, done: Done, origin: string, batch: number): Done {
  const how = random.below(100);
  if (how < 15) return done;
  const signing = how < 35 ? 'stolen key' : random.pick(signings);
  const extent = random.pick(['batch', 'to the end'] as const);
  if (!rehash(scene.written, { origin, from: batch, extent, signing })) return done;
  const isStolen = signing === 'stolen key';
  const takesAll =
    scene.trust === undefined && batch === 0 && signing === 'own key' && extent === 'to the end';
  const detail = `${done.detail} (${signing}, ${extent})`;
  return { ...done, detail, rehashed: !isStolen, excused: isStolen || takesAll };
}

function resign(parts: Parts, note: string, namespace: string): void {
  const key = attackersKey(parts.origin);
  const text = note.slice(0, note.indexOf('\n\n') + 1) || note;
  const made = { checkpoint: signNote(text, key), vkey: key.verifier.text };
  const size = Number(parts.old['size']);
  const leaves = Buffer.concat(parts.leaves);
  const root = Buffer.from(note.split('\n')[2] ?? '', 'base64');
  parts.document.source = rebuilt(parts, { ...made, leaves, frontier: parts.frontier }, size, namespace);
  parts.document.id = recordDocumentId(logIdOf(made.vkey), parts.batch, root);
}

function pickParts(scene: Scene, random: Random): Parts | undefined {
  return partsOf(random.pick(scene.written.records.filter(isRecord)));
}

/** What an event document says of its place. */
export function placeOf({ source }: StoredDocument): { origin: string; batch: number } {
  const value = parse(source.toString());
  const members = isObject(value) ? value['auditseal'] : undefined;
  const { origin, batch } = isObject(members) ? members : {};
  return { origin: typeof origin === 'string' ? origin : '', batch: typeof batch === 'number' ? batch : 0 };
}

interface TextEdit {
  bytes: Buffer;
  kind: string;
  path: string;
}

/** A change to a member, or to bytes; what is stored must stay JSON, for Elasticsearch takes nothing else. */
export function editText(source: Buffer, random: Random, anything = false): TextEdit | undefined {
  const text = source.toString();
  const isText = Buffer.from(text).equals(source) && parse(text) !== undefined;
  if (isText && random.chance(anything ? 90 : 80)) {
    const edit = editJson(text, random);
    return edit && { bytes: Buffer.from(edit.text), kind: edit.kind, path: edit.path };
  }
  if (isText && random.chance(25)) return comment(text, random);
  const bytes = editBytes(source, random);
  if (bytes.equals(source) || (!anything && parse(bytes.toString('latin1')) === undefined)) return undefined;
  return { bytes, kind: 'bytes', path: '' };
}

/** Elasticsearch takes comments, and returns them. */
function comment(text: string, random: Random): TextEdit {
  const braces = [...text.matchAll(/[{}]/gu)].map(({ index }) => index + 1);
  const at = random.pick([1, ...braces.slice(-2), text.length]);
  const added = random.pick(['/**/', '/* " */', '/*}*/', '// "\n', '/* \\" */', '/*/*/']);
  // At the end it must stay within the document.
  const bytes = Buffer.from(
    at === text.length ? `${text.slice(0, -1)}${added}}` : text.slice(0, at) + added + text.slice(at),
  );
  return { bytes, kind: 'comment', path: String(at) };
}
