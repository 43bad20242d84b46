import { runSourceFlow } from './source-flow.ts';
import type { SharedParts } from './source-flow.ts';

/**
 * Runs the flow of each source of the configuration until `signal` aborts and all have ended. Rejects with what one of them
 * failed with; the others still seal what they have read, since one source's failure to store is everybody's: they share
 * the state.
 *
 * @param fail aborts `signal`, once, when a flow fails
 * @param onBeat called with a source's name each time its reading loop comes round
 */
export async function runFlows(
  shared: SharedParts,
  signal: AbortSignal,
  fail: () => void,
  onBeat: (source: string) => void,
): Promise<void> {
  const flows = shared.config.sources.map(({ name, path, format = 'auto' }) =>
    runSourceFlow({ name, path, format, shared, onBeat: () => onBeat(name) }, signal),
  );
  await Promise.all(flows.map((flow) => flow.catch((error: unknown) => (fail(), Promise.reject(error)))));
}
