export { EraseError } from './error.ts';
export { erase } from './erase.ts';
export type { Erased, EraseOptions } from './erase.ts';
export { eventsOf } from './plan.ts';
export type { LogEvents, Plan, PlanOptions } from './plan.ts';
