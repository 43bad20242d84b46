export { Conversation } from './conversation.ts';
export type { ConversationOptions } from './conversation.ts';
export { SetupError } from './error.ts';
export type { SetupErrorCode } from './error.ts';
export { setUp } from './setup.ts';
export type { SetupOptions } from './setup.ts';
