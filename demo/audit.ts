import type { Screen } from './screen.ts';
import type { Place } from './search.ts';
import { changeOne, deleteAnother } from './tampering.ts';
import { commandLine, demandFindings, demandVerified, outputLines, verify } from './verifier.ts';
import type { Auditor } from './verifier.ts';

/**
 * Verifies, changes one document, deletes another, and verifies again.
 * Throws DemoError `verifier` if the verifier is not content at first, or then names anything but these two.
 */
export async function audit(
  place: Place,
  auditor: Auditor,
  screen: Screen,
  signal: AbortSignal,
): Promise<void> {
  screen.heading('Is it all there, as it was written? The verifier says');
  const clean = await verify(auditor, signal);
  screen.lines([commandLine(auditor), ...outputLines(clean)]);
  demandVerified(clean);

  screen.heading("Somebody with access to Elasticsearch covers up, behind the agent's back");
  const tamperings = [await changeOne(place, signal), await deleteAnother(place, signal)];
  for (const { story, request } of tamperings) screen.lines([story, ...request.map((line) => `  ${line}`)]);

  screen.heading('The verifier again');
  const tampered = await verify(auditor, signal);
  screen.lines([commandLine(auditor), ...outputLines(tampered)]);
  demandFindings(tampered, tamperings);
  screen.lines(['', 'It names exactly the document that was changed and the one that was deleted.']);
}
