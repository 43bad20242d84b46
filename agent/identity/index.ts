export { defaultPlaces, type PersonPlace } from './default-places.ts';
export { knownOf, knownReads } from './known.ts';
export type { DirectoryStatus, Entry, Known, People } from './known.ts';
export { extrasOf, isPersonal, personOf, personReads } from './person.ts';
export type { Person } from './person.ts';
export { placesSchema } from './schema.ts';
