import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import type { Plugin, PluginContext } from 'rolldown';

const named = /new URL\(\s*'([^']+)',\s*import\.meta\.url\s*\)/gu;

/**
 * Carries what the code in agent/ names by `new URL('NAME', import.meta.url)`: a file or folder as it is, a thread (`.ts`) as
 * a module. All bundled code lies in one folder, and so do these. Any other use of `import.meta` would look for its file where
 * the bundle has none, so it ends the build.
 */
export function runTimeFiles(): Plugin {
  const from = new Map<string, string>();
  return {
    name: 'run-time-files',
    transform: {
      filter: { id: /\/agent\/.*\.ts$/u, code: /import\.meta/u },
      handler(code, id) {
        if (code.replaceAll(named, '').includes('import.meta')) {
          throw new Error(
            `${id}: name files as new URL('NAME', import.meta.url), or the bundle cannot find them`,
          );
        }
        return code.replaceAll(named, (_match, name: string) => {
          const path = join(dirname(id), name);
          const bundled = basename(name).replace(/\.ts$/u, '.js') + (name.endsWith('/') ? '/' : '');
          if ((from.get(bundled) ?? path) !== path) {
            throw new Error(`${path} and ${from.get(bundled)} have one name: the bundle is one folder`);
          }
          from.set(bundled, path);
          if (name.endsWith('.ts')) this.emitFile({ type: 'chunk', id: path, fileName: bundled });
          else carry(this, path, basename(name));
          return `new URL('${bundled}', import.meta.url)`;
        });
      },
    },
  };
}

function carry(context: PluginContext, path: string, fileName: string): void {
  const files = statSync(path).isDirectory()
    ? readdirSync(path, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => relative(path, join(entry.parentPath, entry.name)))
    : [''];
  for (const file of files) {
    context.emitFile({
      type: 'asset',
      fileName: join(fileName, file),
      source: readFileSync(join(path, file)),
    });
  }
}
