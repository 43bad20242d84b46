import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { sealedAt } from './log.ts';

/**
 * Peak memory of `auditseal verify` over 100,000 and 1,000,000 events: it must not grow with the range.
 * `node bench/verify-memory/main.ts [EVENTS…]`; the last must peak within 20 MB of the first.
 */
const differenceMegabytesMax = 20;

const tellPeak =
  'data:text/javascript,process.on("exit",()=>process.stderr.write("peak "+process.resourceUsage().maxRSS))';

const given = process.argv.slice(2).map(Number);
const peaks: number[] = [];
for (const events of given.length > 0 ? given : [100_000, 1_000_000]) {
  const { peakMegabytes, seconds, verdict } = await measure(events);
  peaks.push(peakMegabytes);
  process.stdout.write(
    `${events} events: peak ${peakMegabytes.toFixed(1)} MB RSS, ${seconds.toFixed(1)} s, ${verdict}\n`,
  );
}
const difference = peaks.at(-1)! - peaks[0]!;
process.stdout.write(`difference: ${difference.toFixed(1)} MB (at most ${differenceMegabytesMax})\n`);
process.exitCode = difference <= differenceMegabytesMax ? 0 : 1;

async function measure(events: number): Promise<{ peakMegabytes: number; seconds: number; verdict: string }> {
  const server = spawn(process.execPath, [join(import.meta.dirname, 'server.ts'), String(events)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [port] = (await once(createInterface({ input: server.stdout }), 'line')) as [string];
    const began = performance.now();
    const main = join(import.meta.dirname, '../../agent/cli/main.ts');
    const parameters = ['verify', '--url', `http://127.0.0.1:${port}`, '--now', sealedAt];
    const verifier = spawn(process.execPath, ['--import', tellPeak, main, ...parameters], { stdio: 'pipe' });
    let [stdout, stderr] = ['', ''];
    verifier.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    verifier.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    await once(verifier, 'close');
    const seconds = (performance.now() - began) / 1000;
    const peak = /peak (\d+)/u.exec(stderr)?.[1];
    if (peak === undefined) throw new Error(`the verifier told no peak: ${stderr}`);
    const verdict = stdout.trimEnd().split('\n').at(-1)!;
    if (verdict !== 'verdict: verified') throw new Error(`a clean log was not verified: ${stdout}${stderr}`);
    return { peakMegabytes: Number(peak) / 1024, seconds, verdict };
  } finally {
    server.kill();
  }
}
