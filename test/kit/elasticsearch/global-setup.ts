import { readFile } from 'node:fs/promises';
import type { TestProject } from 'vitest/node';
import { resolveElasticsearch } from './index.ts';
import { starter } from './starter.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** One real Elasticsearch for the whole run; tests keep apart by a namespace of their own (randomNamespace). */
    elasticsearchUrl: string;
    /** For `securedElasticsearch`. */
    securedElasticsearchStarter: string;
  }
}

/**
 * One Elasticsearch for the whole run, unless none of the chosen test files mentions it; and another with security, once a test asks for it.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const secured = await starter(log);
  project.provide('securedElasticsearchStarter', secured.url);
  if (!(await wanted(project))) {
    project.provide(
      'elasticsearchUrl',
      'http://not-started-because-no-test-file-mentions-elasticsearch.invalid',
    );
    return secured.stop;
  }
  const elasticsearch = await resolveElasticsearch({ log });
  project.provide('elasticsearchUrl', elasticsearch.url);
  return async () => {
    await Promise.all([elasticsearch.stop(), secured.stop()]);
  };
}

function log(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function wanted(project: TestProject): Promise<boolean> {
  // What was asked for on the command line; vitest has no public way to tell. Without it: all files.
  const asked: unknown = Reflect.get(project.vitest, 'filenamePattern');
  const filters = Array.isArray(asked) ? asked.filter((name) => typeof name === 'string') : undefined;
  const { testFiles } = await project.globTestFiles(filters);
  const texts = await Promise.all(testFiles.map((file) => readFile(file, 'utf8')));
  return texts.some((text) => /elasticsearch/i.test(text));
}
