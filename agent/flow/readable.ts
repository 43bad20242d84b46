import type { Metrics } from '../observe/index.ts';
import { describeObstacle } from '../source/index.ts';
import type { Obstacle } from '../source/index.ts';
import type { Committer } from '../store/index.ts';

export interface ReadableParts {
  name: string;
  metrics: Metrics;
  committer: Committer;
  now: () => Date;
}

/**
 * Notes whether a source's log can be read, for metrics, readiness and `status`. A change is stored at once, with what is not
 * read: `status` must not wait for the next heartbeat to say it. A failure to store is that of the next batch, and said there.
 */
export function readable(
  { name, metrics, committer, now }: ReadableParts,
  obstacle: Obstacle | undefined,
): void {
  const meter = metrics.meter(name);
  const wasUnreadable = meter.unreadable !== undefined;
  meter.lookedAt(obstacle && describeObstacle(obstacle), now());
  if (!obstacle && !wasUnreadable) return;
  metrics
    .lookAtLags()
    .then(() => committer.commit({}))
    .catch(() => undefined);
}
