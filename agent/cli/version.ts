import manifest from '../../package.json' with { type: 'json' };

export const agentVersion: string = manifest.version;

/** What `version`, `--version` and `-V` print. */
export const versionText = `auditseal ${agentVersion} (Node ${process.versions.node})`;
