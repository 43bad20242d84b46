import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A command as the guide prints it. */
export interface GuideCommand {
  /** Of the heading `## n. …`. */
  step: number;
  /** The bold lead-in that it stands behind, without its dot; none for what everybody runs. */
  part?: string;
  /** Without the prompt; lines that continue joined by `\` and a newline, or by a newline behind a pipe. */
  text: string;
  /** In the file, from 1. */
  line: number;
}

export interface Guide {
  /** Titles of the steps, by their number. */
  titles: ReadonlyMap<number, string>;
  commands: readonly GuideCommand[];
}

export const guideFile = join(import.meta.dirname, '../../../docs/install.md');

export function readGuide(): Guide {
  return parseGuide(readFileSync(guideFile, 'utf8'));
}

/**
 * The commands of `console` blocks below numbered headings. A lead-in (`**so.**` at the beginning of a paragraph) lasts until the next
 * one, or the next heading.
 *
 * @throws where a block has a line that is neither a command nor the continuation of one: output would be taken for proven
 */
export function parseGuide(markdown: string): Guide {
  const titles = new Map<number, string>();
  const commands: GuideCommand[] = [];
  let [step, part, inBlock]: [number | undefined, string | undefined, boolean] = [
    undefined,
    undefined,
    false,
  ];
  for (const [i, line] of markdown.split('\n').entries()) {
    if (line.startsWith('```')) {
      inBlock = line === '```console';
      continue;
    }
    if (inBlock) {
      if (step !== undefined)
        takeLine(commands, line, { step, ...(part !== undefined && { part }), line: i + 1 });
      continue;
    }
    const heading = /^## (?:(\d+)\. )?(.*)$/u.exec(line);
    if (heading) {
      step = heading[1] === undefined ? undefined : Number(heading[1]);
      part = undefined;
      if (step !== undefined) titles.set(step, heading[2]!);
    }
    part = /^\*\*([^*]+)\.\*\*/u.exec(line)?.[1] ?? part;
  }
  return { titles, commands };
}

function takeLine(commands: GuideCommand[], line: string, place: Omit<GuideCommand, 'text'>): void {
  if (line.startsWith('$ ')) {
    commands.push({ ...place, text: line.slice(2) });
    return;
  }
  const last = commands.at(-1);
  if (!last || last.step !== place.step || !/[\\|]$/u.test(last.text))
    throw new Error(`line ${place.line} of the guide is no command and continues none: ${line}`);
  last.text += `\n${line}`;
}
