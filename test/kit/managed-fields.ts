type Body = Record<string, unknown>;

/** Takes managed fields out of a parsed event as the apiserver does, and says whether there were any. */
export function removeManagedFields(event: Body): boolean {
  const before = JSON.stringify(event);
  if (event['verb'] !== 'patch') removeFrom(event['requestObject']);
  removeFrom(event['responseObject']);
  return JSON.stringify(event) !== before;
}

function removeFrom(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const { metadata, items, rows, kind } = value as Body;
  if (typeof metadata === 'object' && metadata !== null) delete (metadata as Body)['managedFields'];
  if (Array.isArray(items)) for (const item of items) removeFrom(item);
  if (kind === 'Table' && Array.isArray(rows)) for (const row of rows) removeFrom((row as Body)['object']);
}
