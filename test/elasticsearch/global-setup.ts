import { readFile } from 'node:fs/promises';
import type { TestProject } from 'vitest/node';
import { resolveElasticsearch } from './index.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** One real Elasticsearch for the whole run; tests keep apart by a namespace of their own (randomNamespace). */
    elasticsearchUrl: string;
  }
}

/**
 * One Elasticsearch for the whole run, unless none of the chosen test files mentions it.
 */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (!(await wanted(project))) {
    project.provide(
      'elasticsearchUrl',
      'http://not-started-because-no-test-file-mentions-elasticsearch.invalid',
    );
    return undefined;
  }
  const elasticsearch = await resolveElasticsearch({ log: (line) => process.stderr.write(`${line}\n`) });
  project.provide('elasticsearchUrl', elasticsearch.url);
  return () => elasticsearch.stop();
}

async function wanted(project: TestProject): Promise<boolean> {
  // What was asked for on the command line; vitest has no public way to tell. Without it: all files.
  const asked: unknown = Reflect.get(project.vitest, 'filenamePattern');
  const filters = Array.isArray(asked) ? asked.filter((name) => typeof name === 'string') : undefined;
  const { testFiles } = await project.globTestFiles(filters);
  const texts = await Promise.all(testFiles.map((file) => readFile(file, 'utf8')));
  return texts.some((text) => /elasticsearch/i.test(text));
}
