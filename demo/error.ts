import { CodedError } from '../agent/error.ts';

/**
 * - `usage`: an option that cannot be used
 * - `agent`: the agent ended too early, or not as it should
 * - `behind`: it did not keep up
 * - `elasticsearch`: what is expected is not in Elasticsearch
 * - `verifier`: a verdict is not the expected one
 */
export type DemoErrorCode = 'usage' | 'agent' | 'behind' | 'elasticsearch' | 'verifier';

/** Why the demo could not go on, or what it showed that it should not have. */
export class DemoError extends CodedError<DemoErrorCode> {}
