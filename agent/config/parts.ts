import { z } from 'zod';
import { namePattern } from '../seal/index.ts';

/** Part of a log's origin, and the name of a folder in `stateDir`: `..` would lead out of it. */
export const objectName = z
  .string()
  .max(253, 'must have at most 253 characters, as the name of a node has')
  .regex(namePattern, 'must be letters, digits, dots, underscores and dashes')
  .refine((text) => text !== '.' && text !== '..', 'must not be . or .., which are folders everywhere');

/** Of a file or folder on the node. */
export const filePath = z
  .string()
  .startsWith('/', 'must be an absolute path')
  .refine((text) => !text.includes('\0'), {
    error: 'must hold no NUL: no path of a system does',
  });
