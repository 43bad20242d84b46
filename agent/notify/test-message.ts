import { randomUUID } from 'node:crypto';
import type { Message } from './message.ts';

/** A message that says that nothing has happened. */
export function testMessage(at: Date): Message {
  return { id: randomUUID(), kind: 'test', alerts: [], keys: [], at: at.toISOString() };
}
