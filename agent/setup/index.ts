export { AdminSession } from './admin-session.ts';
export { SetupError } from './error.ts';
export { setUp } from './setup.ts';
export type { SetupOptions } from './setup.ts';
