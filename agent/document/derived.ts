/**
 * What `make` makes of a part of an event, made once for each part: parseEvent returns the same object for the same text
 * (of a user, of annotations) while it remembers it, and this is forgotten with the object.
 *
 * What else `make` depends on is its second parameter, a snapshot that is never changed but replaced (a directory of
 * people): with another snapshot it is made anew.
 */
export function derived<Part extends object, Derived>(make: (part: Part) => Derived): (part: Part) => Derived;
export function derived<Part extends object, Derived, Snapshot>(
  make: (part: Part, snapshot: Snapshot) => Derived,
): (part: Part, snapshot: Snapshot) => Derived;
export function derived<Part extends object, Derived, Snapshot>(
  make: (part: Part, snapshot?: Snapshot) => Derived,
): (part: Part, snapshot?: Snapshot) => Derived {
  const known = new WeakMap<Part, { snapshot: Snapshot | undefined; made: Derived }>();
  return (part, snapshot) => {
    let entry = known.get(part);
    if (entry === undefined || entry.snapshot !== snapshot)
      known.set(part, (entry = { snapshot, made: make(part, snapshot) }));
    return entry.made;
  };
}
