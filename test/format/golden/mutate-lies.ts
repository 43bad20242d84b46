import type { Notice } from '../../../agent/seal/index.ts';
import { isRecord } from './mutate-parts.ts';
import type { Mutation } from './mutate-parts.ts';
import type { Random } from './random.ts';
import { attackersKey, parse, partsOf, rehash, replaceIn } from './rehash.ts';
import type { Parts } from './rehash.ts';
import type { Scene } from './vectors.ts';

/** What a lie may change; all of it is there, since the log itself made it. */
export interface Lied {
  batch: number;
  first: number;
  sealedAt: string;
  heartbeatSeconds: number;
  retentionDays: number;
  sources: {
    path: string;
    file: string;
    start: number;
    end: number;
    lines: number;
    after?: string;
    ended?: true;
  }[];
  gaps: object[];
  read: number;
  pieces: number;
  dropped: Record<string, number>;
  notices: Notice[];
}

type Lie = (manifest: Lied, scene: Scene, random: Random) => void;

const seconds = (manifest: Lied, shift: number) => {
  manifest.sealedAt = new Date(Date.parse(manifest.sealedAt) + shift * 1000).toISOString();
};

export const lies: Record<string, Lie> = {
  'sealed at another time': (m, _scene, random) =>
    seconds(m, random.pick([-86_400, -120, -60, 60, 110, 111, 120, 121, 240, 301, 86_400])),
  'another heartbeat': (m, _scene, random) =>
    (m.heartbeatSeconds = random.pick([0.001, 1, 4.999, 5, 30, 1e300])),
  'another retention': (m, _scene, random) =>
    (m.retentionDays = random.pick([1, 2, 30, 463, 0.5, 0, 1e300])),
  'a stretch elsewhere': (m, _scene, random) => {
    const stretch = m.sources[0];
    if (!stretch) return;
    random.pick([
      () => (stretch.start += 1),
      () => (stretch.end += 1),
      () => (stretch.file = stretch.file.replace(/.$/u, '1')),
      () => (stretch.after = stretch.file),
      () => (stretch.ended = true),
      () => delete stretch.ended,
      () => (stretch.path = '/elsewhere'),
      () => (stretch.lines += 1),
      () => m.sources.push({ ...stretch, start: stretch.end, end: stretch.end + 5, lines: 0 }),
      () => (m.sources = []),
    ])();
  },
  'gaps added or taken away': (m, _scene, random) => {
    const [stretch] = m.sources;
    const at = { path: 'x', file: stretch?.file ?? '', offset: stretch?.start ?? 0 };
    m.gaps = random.pick([
      [],
      [{ reason: 'x' }],
      [{ reason: 'x', before: { ...at, offset: 0 }, after: at }, ...m.gaps],
    ]);
  },
  'other sums': (m, _scene, random) =>
    random.pick([
      () => (m.read += 1),
      () => (m.pieces += 1),
      () => (m.dropped['x'] = 1),
      () => {
        m.read += 1;
        m.dropped['x'] = 1;
        if (m.sources[0]) m.sources[0].lines += 1;
      },
    ])(),
  'another number': (m, _scene, random) => (m.batch += random.pick([-1, 1, 2, 1000, 99_999_990])),
  'another beginning': (m, _scene, random) => (m.first += random.pick([-1, 1, 2])),
  'another epoch notice': (m, scene, random) => {
    const others = scene.written.records.flatMap((document) => partsOf(document)?.checkpoint ?? []);
    const previous = random.pick([
      ...others,
      '',
      'nothing',
      others[0]!.slice(0, others[0]!.indexOf('\n\n') + 1),
    ]);
    const reason = random.pick(['age', 'first', 'state lost', 'rolled back'] as const);
    const notice: Notice = { kind: 'epoch', at: '', reason, ...(random.chance(70) && { previous }) };
    m.notices = m.notices.filter(({ kind }) => kind !== 'epoch' || random.chance(20));
    m.notices.splice(random.below(m.notices.length + 1), 0, notice);
  },
  'another next': (m, scene, random) => {
    const others = scene.written.records.flatMap((document) => partsOf(document) ?? []);
    const { origin, vkey } = random.pick(others);
    const name = random.pick([vkey, attackersKey(origin).verifier.text, 'nothing', '']);
    m.notices = m.notices.filter(({ kind }) => kind !== 'next' || random.chance(40));
    m.notices.push({ kind: 'next', at: '', vkey: name });
  },
  'notices left out': (m) => (m.notices = []),
  'a pause': (m) => m.notices.push({ kind: 'paused', at: '', reason: 'disk' }),
};

/** A manifest that says what is not so, signed with the log's own key as a thief of it would. */
export const lie: Mutation = (scene, random) => {
  const parts = pick(scene, random);
  const kind = random.pick(Object.keys(lies));
  if (!parts || !tell(parts, kind, scene, random)) return undefined;
  const { origin, batch, document } = parts;
  const extent = random.chance(85) ? 'to the end' : 'batch';
  if (!rehash(scene.written, { origin, from: batch, extent, signing: 'stolen key' })) return undefined;
  return { kind: `lie: ${kind}`, detail: document.id, excused: true };
};

/** Another life of a log, under its own key: second records of some batches beside the first. */
export const secondLife: Mutation = (scene, random) => {
  const parts = pick(scene, random);
  if (!parts) return undefined;
  const { origin, batch: from } = parts;
  const records = scene.written.records
    .filter((document) => {
      const other = partsOf(document);
      return other?.origin === origin && other.batch >= from;
    })
    .map((document) => ({ ...document }));
  const first = partsOf(records.find(({ id }) => id === parts.document.id)!)!;
  const kind = random.pick([
    'other sums',
    'another number',
    'sealed at another time',
    'one event less',
    'nothing',
  ]);
  if (kind === 'one event less') {
    const leaves = Buffer.concat(first.leaves.slice(0, -1)).toString('base64');
    const value = parse(first.manifest) as { count: number };
    if (value.count === 0) return undefined;
    value.count -= 1;
    replaceIn(first, { leaf_hashes: leaves, manifest: JSON.stringify(value) });
  } else if (kind !== 'nothing' && !tell(first, kind, scene, random)) return undefined;
  const life = { ...scene.written, records, events: [] };
  if (!rehash(life, { origin, from, extent: 'to the end', signing: 'stolen key' })) return undefined;
  const kept = records.filter(() => random.chance(70));
  if (random.chance(50)) scene.written.records.push(...kept);
  else scene.written.records.unshift(...kept);
  return {
    kind: `second life: ${kind}`,
    detail: `${parts.document.id}, ${kept.length} records`,
    excused: true,
  };
};

/** The newest records are gone, their events are not, and time goes by. */
export const unrecorded: Mutation = (scene, random) => {
  const parts = pick(scene, random);
  if (!parts) return undefined;
  scene.written.records = scene.written.records.filter((document) => {
    const other = isRecord(document) ? partsOf(document) : undefined;
    return other?.origin !== parts.origin || other.batch < parts.batch;
  });
  const later = random.pick([0, 300, 380, 420, 421, 430, 3600]);
  scene.now = new Date(scene.now.getTime() + later * 1000);
  return { kind: 'unrecorded', detail: `${parts.origin} from ${parts.batch}, ${later} s later` };
};

function pick(scene: Scene, random: Random): Parts | undefined {
  return partsOf(random.pick(scene.written.records.filter(isRecord)));
}

/** Has the log's own key sign what a manifest was made to say, and all that follows; false where that cannot be. */
export function sealLie(scene: Scene, parts: Parts, change: (manifest: Lied) => void): boolean {
  const manifest = parse(parts.manifest) as Lied;
  change(manifest);
  replaceIn(parts, { manifest: JSON.stringify(manifest) });
  const { origin, batch: from } = parts;
  return rehash(scene.written, { origin, from, extent: 'to the end', signing: 'stolen key' });
}

function tell(parts: Parts, kind: string, scene: Scene, random: Random): boolean {
  const manifest = parse(parts.manifest) as Lied | undefined;
  if (!Array.isArray(manifest?.notices) || !Array.isArray(manifest.sources)) return false;
  lies[kind]!(manifest, scene, random);
  const text = JSON.stringify(manifest);
  replaceIn(parts, { manifest: text });
  return text !== parts.manifest;
}
