/**
 * Who may import whom in agent/, types included; `npm run check` holds it (imports.ts). docs/architecture.md says why.
 *
 * A room is a folder of agent/ or a file beside them. It imports rooms of the groups above its own. Within its group it
 * imports only what `within` names.
 */
export const groups: readonly (readonly string[])[] = [
  ['error.ts', 'check-result.ts', 'json', 'input'],
  ['event', 'seal', 'source', 'elasticsearch'],
  ['cel'],
  [
    'identity',
    'directory',
    'policy',
    'detect',
    'document',
    'redact',
    'pseudonym',
    'store',
    'trust',
    'config',
  ],
  ['observe', 'streams', 'noise', 'audit-policy'],
  ['flow', 'ship', 'drift', 'notify', 'witness'],
  ['verify', 'kibana'],
  ['proof', 'who', 'setup', 'erase', 'report'],
  ['agent.ts', 'cli'],
];

export const within: Readonly<Record<string, readonly string[]>> = {
  json: ['error.ts'],
  input: ['error.ts', 'json'],
  // Rules of one's own are validated where they are understood.
  config: ['redact', 'identity', 'directory'],
  // It reads lines as redaction does, and hides what places and directories say of persons.
  pseudonym: ['redact', 'identity'],
  // The head says who was behind a request.
  document: ['identity'],
  // It finds the people whom the head tells of.
  directory: ['identity'],
  // A source's flow starts its shipper, counts for drift, says what is to be told with a batch, and has what is shipped cosigned.
  flow: ['ship', 'drift', 'notify', 'witness'],
  // It takes away what `who` finds.
  erase: ['who'],
  // Its tables are what `who` answers.
  report: ['who'],
  // `auditseal run` is the agent.
  cli: ['agent.ts'],
};

/** Rooms without a door of their own: nobody but the entry of the program imports them. */
export const withoutDoor: ReadonlySet<string> = new Set(['cli', 'error.ts', 'check-result.ts', 'agent.ts']);
