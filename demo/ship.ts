import { setTimeout } from 'node:timers/promises';
import type { AgentProcess } from './agent-process.ts';
import { DemoError } from './error.ts';
import type { Player } from './player.ts';
import { isComplete, progressBlock, progressHeading, progressOf, progressRow } from './progress.ts';
import type { Progress } from './progress.ts';
import type { Screen } from './screen.ts';
import { count, megabytes } from '../agent/cli/terminal/text.ts';

const playMilliseconds = 15_000;
/** How long the last lines may take to arrive. */
const arrivalMillisecondsMax = 60_000;
const lookMilliseconds = 200;
const rowMilliseconds = 3000;

/**
 * Plays the recording and shows how it arrives, until Elasticsearch has all of it.
 * Throws DemoError `behind` if it does not, or if it is not the sum of what was written; `agent` if the agent ends.
 */
export async function ship(
  player: Player,
  agent: AgentProcess,
  screen: Screen,
  signal: AbortSignal,
): Promise<void> {
  const failed = new AbortController();
  const playing = player.play(playMilliseconds, AbortSignal.any([signal, failed.signal]));
  playing.catch(() => failed.abort());
  try {
    const progress = await watch(player, agent, screen, AbortSignal.any([signal, failed.signal]));
    await playing;
    if (!screen.isTerminal) screen.lines(['', ...progressBlock(progress)]);
    screen.lines(['', balance(progress)]);
  } catch (error) {
    // If the player failed, that is the reason and not that the watching ended.
    failed.abort();
    signal.throwIfAborted();
    await playing.catch((reason: unknown) => {
      if (!(reason instanceof Error && reason.name === 'AbortError')) throw reason;
    });
    throw error;
  }
}

async function watch(
  player: Player,
  agent: AgentProcess,
  screen: Screen,
  signal: AbortSignal,
): Promise<Progress> {
  const startedAt = performance.now();
  const show = (progress: Progress) =>
    screen.isTerminal ? screen.redraw(progressBlock(progress)) : screen.line(progressRow(progress));
  const everyMilliseconds = screen.isTerminal ? lookMilliseconds : rowMilliseconds;
  if (!screen.isTerminal) screen.line(progressHeading);
  for (let shownAt = startedAt; ;) {
    const now = performance.now();
    const progress = progressOf(player, await agent.metrics(signal), (now - startedAt) / 1000);
    const complete = isComplete(progress);
    if (complete || now >= shownAt + everyMilliseconds) {
      show(progress);
      shownAt = now;
    }
    if (complete) {
      screen.endBlock();
      return progress;
    }
    if (now > startedAt + playMilliseconds + arrivalMillisecondsMax)
      throw new DemoError(
        'behind',
        `not everything arrived in Elasticsearch. The agent's last lines:\n${agent.lastLines}`,
      );
    await setTimeout(lookMilliseconds, undefined, { signal });
  }
}

function balance({ written, dropped, shipped }: Progress): string {
  if (written.lines !== dropped + shipped.events)
    throw new DemoError(
      'behind',
      `${written.lines} lines were written, but ${dropped} dropped and ${shipped.events} shipped`,
    );
  return `${count(written.lines)} lines written (${megabytes(written.bytes)}) = ${count(dropped)} dropped by a named rule + ${count(shipped.events)} in Elasticsearch`;
}
