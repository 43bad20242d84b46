export { Lookup } from './lookup.ts';
export { Aside } from './quarantine.ts';
export { Shipper } from './shipper.ts';
export { announceStart } from './start-marker.ts';
