export type { Chunk, EndedChunk, FileId, FilePosition, GapChunk, GapReason } from './chunk.ts';
export type { LinesChunk, LongChunk, LongLineSink } from './chunk.ts';
export { SourceError } from './error.ts';
export type { SourceErrorCode } from './error.ts';
export type { SourceOptions, Tell } from './options.ts';
export { emptyTailState, parseTailState } from './state.ts';
export type { TailState } from './state.ts';
export { Source } from './source.ts';
