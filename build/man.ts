import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { programOf } from '../agent/cli/program.ts';
import repository from '../package.json' with { type: 'json' };

/** A terminal of 85 columns with the indent of a manual page: narrower, and descriptions are not wrapped. */
const helpWidth = 78;

/** Writes the manual page (section 1, man(7) macros): the help of each command, as it is printed. */
export async function writeManual(file: string): Promise<void> {
  let printed = '';
  const out = (text: string) => void (printed += text);
  const program = await programOf({ out, error: out, exit: () => undefined });
  const sections = [...commandsOf(program)].map(({ title, command }) => {
    command.configureHelp({ helpWidth });
    printed = '';
    command.outputHelp();
    return `.SS ${title}\n.nf\n${escaped(printed.trim())}\n.fi`;
  });
  const { version, description } = repository;
  await writeFile(
    file,
    `.TH AUDITSEAL 1 "" "auditseal ${version}" "User Commands"
.SH NAME
auditseal \\- ${escaped(description)}
.SH SYNOPSIS
.B auditseal
.I command
.RI [ options ]
.SH COMMANDS
${sections.join('\n')}
`,
  );
}

function* commandsOf(command: Command, above = ''): Generator<{ title: string; command: Command }> {
  const title = `${above} ${command.name()}`.trim();
  yield { title, command };
  for (const inner of command.commands) yield* commandsOf(inner, title);
}

/** Text that roff prints as it is: a backslash, a hyphen that can be copied, and no line that is a request. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(/^(?=[.'])/gmu, '\\&');
}
