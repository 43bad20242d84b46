import type { Act, Chaos } from './chaos.ts';

/** What takes lines away before or after they were read, with what the model says of it. */
export function removals(chaos: Chaos): Act[] {
  const { random, scene } = chaos;

  /** With all read and shipped, nothing can be lost. */
  const readThenDeleted: Act = [
    'remove: deleted after it was read',
    async () => {
      await chaos.settle();
      await chaos.any.deleteBeyond(random.integer(0, 1), false);
    },
  ];
  const readThenCut: Act = [
    'remove: cut after it was read',
    async () => {
      await chaos.settle();
      await chaos.any.truncate(false);
    },
  ];
  /** Written and deleted while no agent runs: lost for certain. */
  const deletedUnread: Act = [
    'remove: deleted unread',
    async () => {
      await chaos.settle();
      await chaos.kill();
      const fate = chaos.any;
      for (let files = random.integer(1, 3); files > 0; files -= 1) {
        await fate.writer.lines(random.integer(1, 10));
        fate.rotate();
      }
      await fate.writer.lines(random.integer(0, 5));
      await fate.deleteBeyond(random.integer(0, 2), true);
      scene.spawn();
    },
  ];
  /** The same with the live file. Of a file of which nothing was read before, the cut could not be told. */
  const cutUnread: Act = [
    'remove: cut unread',
    async () => {
      await chaos.settle();
      await chaos.kill();
      const fate = chaos.any;
      await fate.writer.lines(random.integer(1, 10));
      await fate.truncate(true);
      await fate.writer.lines(random.integer(0, 20));
      scene.spawn();
    },
  ];
  /** Whatever the agent is doing: it may have read them, and if it has not, a gap must say so. */
  const deletedAtAnyTime: Act = [
    'remove: deleted at any time',
    async () => {
      const fate = chaos.any;
      await fate.writer.burst(random.integer(1, 100));
      if (random.next() < 0.7) fate.rotate();
      await fate.deleteBeyond(random.integer(0, 3), false);
    },
  ];
  const cutAtAnyTime: Act = [
    'remove: cut at any time',
    async () => {
      await chaos.settle();
      const fate = chaos.any;
      await fate.writer.burst(random.integer(1, 100));
      await fate.truncate(false);
      await fate.writer.burst(random.integer(0, 100));
    },
  ];
  return [
    readThenDeleted,
    readThenCut,
    deletedUnread,
    cutUnread,
    deletedAtAnyTime,
    deletedAtAnyTime,
    cutAtAnyTime,
  ];
}
