import { describe, expect, it } from 'vitest';
import { CodedError, messageOf } from '../../agent/error.ts';

class KettleError extends CodedError<'cold' | 'empty'> {}

describe('CodedError', () => {
  it('has the code, the message, the cause, and the name of its subclass', () => {
    const cause = new Error('no current');
    const error = new KettleError('cold', 'the water stays cold', { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'KettleError',
      code: 'cold',
      message: 'the water stays cold',
      cause,
    });
  });

  it('has no member `cause` where there is none', () => {
    expect('cause' in new KettleError('empty', 'there is no water')).toBe(false);
  });
});

it('messageOf tells what was thrown, whatever it is', () => {
  expect([new Error('why'), 'text', undefined, null, 3].map((thrown) => messageOf(thrown))).toEqual([
    'why',
    'text',
    'undefined',
    'null',
    '3',
  ]);
});
