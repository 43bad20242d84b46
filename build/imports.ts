import { groups, within, withoutDoor } from './architecture.ts';

/** One file imports another, paths from the root of the repository; the import of a type is one, too. */
export interface Import {
  from: string;
  to: string;
}

/** Reads what `tsc --explainFiles` prints: a path, and below it, indented, why it is part of the program. */
export function importsOf(explained: string): Import[] {
  const imports: Import[] = [];
  let to = '';
  for (const line of explained.split('\n')) {
    if (!line.startsWith(' ')) to = line;
    const from = /^ +Imported via .* from file '([^']+)'/u.exec(line)?.[1];
    if (from?.startsWith('agent/') && to.startsWith('agent/')) imports.push({ from, to });
  }
  return imports;
}

/** What is wrong with the imports, a sentence each: against the order of rooms, past a door, or in a circle. */
export function violations(imports: readonly Import[]): string[] {
  return [...imports.flatMap((one) => wrongArrow(one)), ...circles(imports)];
}

function wrongArrow({ from, to }: Import): string[] {
  const [importer, imported] = [roomOf(from), roomOf(to)];
  if (importer === imported) return [];
  const [lower, upper] = [groupOf(importer), groupOf(imported)];
  const arrow = `${from} imports ${to}`;
  if (lower < 0 || upper < 0)
    return [`${arrow}: ${lower < 0 ? importer : imported} is no room of build/architecture.ts`];
  if (upper > lower) return [`${arrow}: ${importer} comes before ${imported}`];
  if (upper === lower && !within[importer]?.includes(imported))
    return [`${arrow}: ${importer} and ${imported} are in one group, and within does not name it`];
  if (!withoutDoor.has(imported) && to !== `agent/${imported}/index.ts`)
    return [`${arrow}: the door of ${imported} is agent/${imported}/index.ts`];
  return [];
}

function roomOf(path: string): string {
  return path.split('/')[1] as string;
}

function groupOf(room: string): number {
  return groups.findIndex((group) => group.includes(room));
}

/** Files that import each other around a circle, one sentence a circle: each is found from its first file by name. */
function circles(imports: readonly Import[]): string[] {
  const targets = Map.groupBy(imports, ({ from }) => from);
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: readonly string[]) => {
    const file = path.at(-1) as string;
    for (const { to } of targets.get(file) ?? []) {
      const at = path.indexOf(to);
      if (at >= 0) found.push(`a circle: ${[...path.slice(at), to].join(' imports ')}`);
      else if (!done.has(to)) visit([...path, to]);
    }
    done.add(file);
  };
  for (const file of [...targets.keys()].toSorted()) if (!done.has(file)) visit([file]);
  return found;
}
