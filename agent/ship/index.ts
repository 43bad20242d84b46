export { Lookup } from './lookup.ts';
export { Quarantine } from './quarantine.ts';
export { Shipper } from './shipper.ts';
export { announceStart } from './start-marker.ts';
