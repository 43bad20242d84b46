/** What is counted under this name instead of a rule's: managed fields that were cut out of an event that a rule kept. */
export const managedFieldsName = 'managed-fields';

/** RequestReceived that are dropped because a later stage of the request is waited for. */
export const requestReceivedName = 'request-received';

/** Names that no rule can have, and what each stands for in a manifest. */
export const reservedNames: ReadonlyMap<string, string> = new Map([
  ['default', 'what no rule matches'],
  [requestReceivedName, 'RequestReceived that a later stage is waited for'],
  [managedFieldsName, 'events of which omitManagedFields cut something'],
]);
