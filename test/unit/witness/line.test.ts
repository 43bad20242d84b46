import { assert, array, boolean, integer, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CompactRange, leafHash, rootOf } from '../../../agent/seal/index.ts';
import { Line } from '../../../agent/witness/line.ts';
import { isConsistent } from '../../kit/witness.ts';

const leaf = (i: number) => leafHash(Buffer.from(`leaf ${i}`));

function range(from: number, to: number): CompactRange {
  const made = new CompactRange(from);
  for (let i = from; i < to; i += 1) made.appendLeaf(leaf(i));
  return made;
}

const newest = (size: number) => ({ size, tree: range(0, size), checkpoint: `checkpoint ${size}` });
const known = (size: number) => ({ size, root: size === 0 ? Buffer.alloc(0) : rootOf(range(0, size)) });

/** What a witness of that size would say to what it is asked. */
function judge(line: Line, size: number): 'cosigned' | 'conflict' | 'inconsistent' | undefined {
  const asked = line.next();
  if (!asked) return undefined;
  if (asked.old !== size) return 'conflict';
  expect(asked.checkpoint).toBe(`checkpoint ${asked.size}`);
  return isConsistent(known(size), known(asked.size), asked.proof) ? 'cosigned' : 'inconsistent';
}

describe('the line of a witness', () => {
  test('proves each tree from the one before, whatever answers are lost and whenever the agent is restarted', () => {
    const steps = array(
      record({
        grows: integer({ min: 1, max: 9 }),
        isAway: boolean(),
        isLost: boolean(),
        isRestarted: boolean(),
      }),
      { minLength: 1, maxLength: 25 },
    );
    assert(
      property(steps, (all) => {
        let size = 5;
        let line = new Line('vkey', newest(size));
        let witness = 0;
        for (const { grows, isAway, isLost, isRestarted } of all) {
          if (isRestarted) line = Line.parse(line.toString());
          const triesMax = isAway ? 0 : 4;
          for (let tries = 0; tries < triesMax; tries += 1) {
            const said = judge(line, witness);
            if (said === undefined) break;
            expect(said).not.toBe('inconsistent');
            if (said === 'conflict') {
              expect(line.conflict(witness, size)).toBe('go on');
              continue;
            }
            witness = line.next()!.size;
            if (isLost) break;
            line.cosigned(1);
          }
          expect(
            line.take(range(size, size + grows), range(0, size + grows), `checkpoint ${size + grows}`),
          ).toBe(true);
          size += grows;
        }
        for (let tries = 0; tries < 4 && line.next(); tries += 1)
          if (judge(line, witness) === 'conflict') expect(line.conflict(witness, size)).toBe('go on');
          else {
            witness = line.next()!.size;
            line.cosigned(2);
          }
        expect(witness).toBe(size);
      }),
      { numRuns: 150 },
    );
  });

  test('goes on from nothing where the witness has lost its memory', () => {
    const line = new Line('vkey', newest(5));
    line.cosigned(1);
    line.next();
    line.cosigned(1);
    line.take(range(5, 9), range(0, 9), 'checkpoint 9');
    expect(line.next()).toMatchObject({ old: 5 });
    expect(line.conflict(0, 9)).toBe('go on');
    expect(judge(Line.parse(line.toString()), 0)).toBe('cosigned');
  });

  test('asks for records where the witness is at a size of which the state knows nothing, and takes only those of its own tree', () => {
    const line = new Line('vkey', newest(12));
    line.next();
    expect(line.conflict(7, 12)).toBe('records');
    const other = new CompactRange(7);
    for (let i = 0; i < 5; i += 1) other.appendLeaf(leaf(100 + i));
    expect(line.goOnFrom(range(0, 7), other)).toBe(false);
    expect(line.goOnFrom(range(0, 7), range(7, 11))).toBe(false);
    expect(line.goOnFrom(range(0, 7), range(7, 12))).toBe(true);
    expect(judge(line, 7)).toBe('cosigned');
  });

  test('knows a fork: a witness that has seen more than was ever sealed', () => {
    const line = new Line('vkey', newest(12));
    line.next();
    expect(line.conflict(13, 12)).toBe('fork');
    // What is sealed and not shipped yet may have been shipped before a crash.
    expect(line.conflict(13, 20)).toBe('records');
  });

  test('begins anew behind a hole', () => {
    const line = new Line('vkey', newest(12));
    expect(line.take(range(14, 15), range(0, 15), 'x')).toBe(false);
    expect(line.take(range(10, 12), range(0, 12), 'x')).toBe(true);
    expect(line.size).toBe(12);
  });
});
