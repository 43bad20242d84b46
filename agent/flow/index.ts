export { runFlows } from './flows.ts';
export { named } from './named-text.ts';
export { PolicyInForce } from './policy-in-force.ts';
export { Room } from './room.ts';
