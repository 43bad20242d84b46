import { describe, expect, test } from 'vitest';
import {
  eventDocumentId,
  formatSigner,
  generateKey,
  importKey,
  logIdOf,
  makeVerifierKey,
  noteDocumentId,
  openCheckpoint,
  openNote,
  parseBase64,
  parseCheckpoint,
  parseSigner,
  parseVerifierKey,
  recordDocumentId,
  SealError,
  sha256,
  signCheckpoint,
  signNote,
  Tree,
} from '../../../agent/seal/index.ts';
import { privateKeyOf } from '../../kit/seal/log.ts';

/** golang.org/x/mod/sumdb/note, package documentation. */
const peterKey = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const peterNote =
  'If you think cryptography is the answer to your problem,\n' +
  "then you don't know what your problem is.\n\n" +
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';

const codeOf = (open: () => unknown) => {
  try {
    open();
  } catch (error) {
    if (error instanceof SealError) return error.code;
    throw error;
  }
  return undefined;
};

describe('a private key in the form of golang.org/x/mod/sumdb/note', () => {
  /** The same documentation. */
  const peterSigner = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';

  test('signs what the Go package signs, and is written as it was', () => {
    const key = parseSigner(peterSigner);
    expect(key.verifier.text).toBe(peterKey);
    expect(signNote(peterNote.slice(0, peterNote.indexOf('\n\n') + 1), key)).toBe(peterNote);
    expect(formatSigner(key)).toBe(peterSigner);
  });

  test.each([
    ['of another name', peterSigner.replace('Peter', 'Paul')],
    ['cut short', peterSigner.slice(0, -4)],
    ['of another type', peterSigner.replace('+AYEK', '+AoEK')],
    ['that is a verifier key', peterKey],
  ])('%s is refused, and none of it is shown', (_name, text) => {
    expect(codeOf(() => parseSigner(text))).toBe('bad-signer');
    expect(() => parseSigner(text)).not.toThrow(/FALVFGyN/u);
  });
});

describe('a verifier key', () => {
  test('of the specification parses and is written the same', () => {
    for (const text of ['example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k', peterKey])
      expect(parseVerifierKey(text).text).toBe(text);
  });

  test.each([
    ['another key ID', peterKey.replace('c74f20a3', 'c74f20a4')],
    ['an upper-case key ID', peterKey.replace('c74f20a3', 'C74F20A3')],
    ['another name', peterKey.replace('Peter', 'Petra')],
    ['another type', 'PeterNeumann+c74f20a3+AhpcAA=='],
    ['no name', peterKey.replace('PeterNeumann', '')],
    ['white space', `${peterKey}\n`],
    ['a short key', 'PeterNeumann+c74f20a3+ARpc2Q=='],
    ['nothing', ''],
  ])('with %s is refused', (_what, text) => {
    expect(codeOf(() => parseVerifierKey(text))).toBe('bad-vkey');
  });

  test('holds for the private key that it was made from, also after a restart', () => {
    const origin = 'prod/cp-1/kube-apiserver/20261123T004438Z';
    const [one, two] = [importKey(origin, privateKeyOf(origin)), importKey(origin, privateKeyOf(origin))];
    expect(openNote(signNote('text\n', one), two.verifier)).toBe('text\n');
  });
});

describe('a note', () => {
  const key = parseVerifierKey(peterKey);

  test('of another implementation opens', () => {
    expect(openNote(peterNote, key)).toContain('cryptography');
  });

  test.each([
    ['a changed text', peterNote.replace('cryptography', 'Cryptography'), 'bad-signature'],
    ['another name', peterNote.replace('— PeterNeumann', '— PeterNeuman'), 'bad-signature'],
    ['a changed signature', peterNote.replace('x08go/ZJkuBS', 'x08go/ZJkuBT'), 'bad-signature'],
    ['another key ID', peterNote.replace('x08go/', 'x08gp/'), 'bad-signature'],
    ['a second signature line', peterNote + peterNote.split('\n').at(-2)! + '\n', 'bad-note'],
    ['no signature line', peterNote.split('—')[0]!, 'bad-note'],
    ['no empty line', peterNote.replace('\n\n', '\n'), 'bad-note'],
    ['no newline at its end', peterNote.slice(0, -1), 'bad-note'],
    ['a hyphen for the dash', peterNote.replace('—', '-'), 'bad-note'],
    ['non-canonical base64', peterNote.replace('JnAM=\n', 'JnAN=\n'), 'bad-note'],
    ['base64 without padding', peterNote.replace('AM=\n', 'AM\n'), 'bad-note'],
    ['a signature of another length', peterNote.replace('JnAM=\n', 'JnAMAAAA\n'), 'bad-note'],
  ])('with %s does not', (_what, text, code) => {
    expect(codeOf(() => openNote(text, key))).toBe(code);
  });

  test('whose signature is too short or too long does not', () => {
    const own = generateKey('a/b/c/d');
    for (const length of [0, 63, 65]) {
      const signature = Buffer.concat([own.verifier.keyId, Buffer.alloc(length)]).toString('base64');
      expect(codeOf(() => openNote(`text\n\n— a/b/c/d ${signature}\n`, own.verifier))).toBe('bad-signature');
    }
  });
});

describe('a checkpoint', () => {
  test('says size and root, and opens under its key only', () => {
    const key = generateKey('a/b/c/d');
    const tree = Tree.empty();
    tree.append(Buffer.alloc(32));
    const note = signCheckpoint(tree, key);
    expect(note.startsWith(`a/b/c/d\n1\n${Buffer.alloc(32).toString('base64')}\n\n— a/b/c/d `)).toBe(true);
    expect(openCheckpoint(note, key.verifier)).toEqual({
      origin: 'a/b/c/d',
      size: 1,
      root: Buffer.alloc(32),
    });
    expect(codeOf(() => openCheckpoint(note, generateKey('a/b/c/d').verifier))).toBe('bad-signature');
  });

  const root = Buffer.alloc(32).toString('base64');
  test.each([
    ['an extension line', `o\n1\n${root}\nmore\n`],
    ['a leading zero', `o\n01\n${root}\n`],
    ['a sign', `o\n+1\n${root}\n`],
    ['a short root', `o\n1\nAAAA\n`],
    ['no origin', `\n1\n${root}\n`],
    ['no newline at its end', `o\n1\n${root}`],
    ['non-canonical base64', `o\n1\n${root.slice(0, -2)}B=\n`],
  ])('with %s is refused', (_what, text) => {
    expect(codeOf(() => parseCheckpoint(text))).toBe('bad-checkpoint');
  });
});

describe('base64', () => {
  test('counts only in its one canonical spelling', () => {
    expect(parseBase64('AQ==')).toEqual(Buffer.of(1));
    expect(parseBase64('')).toEqual(Buffer.of());
    for (const text of ['AR==', 'AQ=', 'AQ', 'AQ==\n', ' AQ==', 'A-_=', 'AQ==AQ==', undefined, 1])
      expect(parseBase64(text)).toBeUndefined();
  });
});

describe('ids', () => {
  test('are made of log id, position and hash', () => {
    const vkey = makeVerifierKey('a/b/c/d', Buffer.alloc(32)).text;
    const logId = logIdOf(vkey);
    const hash = Buffer.alloc(32, 0xab);
    expect(logId).toMatch(/^[0-9a-f]{16}$/u);
    expect(eventDocumentId(logId, 7, hash)).toBe(`${logId}-000000000007-abababababababab`);
    expect(recordDocumentId(logId, 7, hash)).toBe(`${logId}-b00000007-abababababababab`);
    expect(noteDocumentId(logId, 's7', 'a note')).toBe(
      `${logId}-s7-${sha256('a note').toString('hex').slice(0, 16)}`,
    );
  });
});
