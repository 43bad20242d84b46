import { hostname } from 'node:os';
import { pino, stdTimeFunctions } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import { CodedError, messageOf } from '../error.ts';
import { printableJson } from '../json/index.ts';

export type { Logger } from 'pino';

/** ECS version of the field names in logs and documents. */
export const ecsVersion = '9.4.0';

/**
 * JSON lines with ECS field names (elastic.co/docs/reference/ecs), so that the agent's own log needs no parsing rules. What servers
 * answer and clients choose is in them: nothing of it may act on a terminal. `node` is the node's name, which a pod's host name is not.
 */
export function createLogger(level: string, destination?: DestinationStream, node = hostname()): Logger {
  const options = {
    level,
    base: {
      'ecs.version': ecsVersion,
      'service.name': 'auditseal',
      'log.logger': 'auditseal',
      'host.name': node,
      'process.pid': process.pid,
    },
    messageKey: 'message',
    errorKey: 'error',
    timestamp: () => stdTimeFunctions.isoTime().replace('"time"', '"@timestamp"'),
    formatters: { level: (label: string) => ({ 'log.level': label }) },
    serializers: { error: errorFields },
    hooks: { streamWrite: printableJson },
  };
  return destination ? pino(options, destination) : pino(options);
}

function errorFields(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: messageOf(error) };
  const code = 'code' in error ? String(error.code) : undefined;
  return {
    type: error.name,
    message: error.message,
    ...(code !== undefined && { code }),
    // What a code tells apart needs no look into the program.
    ...(!(error instanceof CodedError) && { stack_trace: error.stack }),
  };
}
