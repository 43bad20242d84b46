/** A policy rule's name as manifests count under it (docs/seal-format.md §2). */
export const ruleNameForm = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** Names that need no escape in JSON and sort alike in every language: a record writes them outside of the manifest. */
export function isRuleName(name: string): boolean {
  return ruleNameForm.test(name);
}
