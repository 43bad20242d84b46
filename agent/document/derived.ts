/**
 * What `make` makes of a part of an event, made once for each part: parseEvent returns the same object for the same text
 * (of a user, of annotations) while it remembers it, and this is forgotten with the object.
 */
export function derived<Part extends object, Derived>(
  make: (part: Part) => Derived,
): (part: Part) => Derived {
  const known = new WeakMap<Part, Derived>();
  return (part) => {
    let made = known.get(part);
    if (made === undefined) known.set(part, (made = make(part)));
    return made;
  };
}
