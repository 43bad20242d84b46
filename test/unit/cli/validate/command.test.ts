import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { main } from '../../../kit/agent/programs.ts';
import { temporaryFolder } from '../../../kit/agent/index.ts';

const secret = 'ui2lp2axTNmsyakw9tvNnw';

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

function validate(file: string, ...options: string[]): Promise<Ended> {
  const env = { ...process.env, HTTPS_PROXY: 'http://other.example:3128' };
  return new Promise((resolve) => {
    const parameters = [main, 'validate', '--config', file, ...options];
    execFile(process.execPath, parameters, { env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

interface Files {
  /** Keys of the `elasticsearch` section. */
  elasticsearch: Record<string, unknown>;
  sources: { name: string; path: string }[];
}

async function configIn(folder: string, { elasticsearch, sources }: Files): Promise<string> {
  const file = join(folder, 'auditseal.yaml');
  await writeFile(file, stringify({ cluster: 'prod', node: 'cp-1', sources, elasticsearch }));
  return file;
}

test('what the files show is warned about by the path of each key, and an error with --strict', async () => {
  await using place = await temporaryFolder();
  const at = (name: string) => join(place.path, name);
  await mkdir(at('folder.log'));
  await writeFile(at('key'), `the key is ${secret}\n`);
  await writeFile(at('ca.pem'), 'no certificate\n');
  const file = await configIn(place.path, {
    sources: [
      { name: 'a', path: at('not-there/audit.log') },
      { name: 'b', path: at('folder.log') },
      { name: 'c', path: at('audit.log') },
    ],
    elasticsearch: {
      urls: ['https://a.example:9200'],
      apiKeyFile: at('no-key'),
      lookupApiKeyFile: at('key'),
      caFile: at('ca.pem'),
      proxy: 'http://proxy.example:3128',
      proxyUsername: 'u',
      proxyPasswordFile: at('no-password'),
    },
  });
  const problems = [
    /sources\.0\.path: cannot be read: \S+\/not-there \(ENOENT\): the folder is not there/u,
    /sources\.1\.path: cannot be read: \S+\/folder\.log \(EISDIR\): it is a folder/u,
    /sources\.2\.path: cannot be read: \S+\/audit\.log \(ENOENT\): no file is there/u,
    /elasticsearch\.apiKeyFile: \S+\/no-key cannot be read/u,
    /elasticsearch\.lookupApiKeyFile: \S+\/key holds no API key: wanted is/u,
    /elasticsearch\.caFile: \S+\/ca\.pem holds no PEM certificate/u,
    /elasticsearch\.proxyPasswordFile: \S+\/no-password cannot be read/u,
  ];
  const warned = await validate(file);
  expect(warned.code).toBe(0);
  expect(warned.stdout).toMatch(/^cluster: prod\n[^]*# policy: /u);
  expect(warned.stderr.trimEnd().split('\n')).toEqual(
    [...problems, /HTTPS_PROXY in the environment has no effect: elasticsearch\.proxy /u].map(
      ({ source }) => expect.stringMatching(`^warning: ${source}`) as unknown,
    ),
  );
  const refused = await validate(file, '--strict');
  expect(refused.code).toBe(78);
  expect(refused.stdout).toBe('');
  const [head, ...lines] = refused.stderr.trimEnd().split('\n');
  expect(head).toBe(`auditseal validate: ${file}:`);
  expect(lines).toEqual(problems.map(({ source }) => expect.stringMatching(`^ {2}${source}`) as unknown));
  expect(warned.stderr + refused.stderr).not.toContain(secret);
});
