export { Directories } from './directories.ts';
export type { DirectoriesOptions } from './directories.ts';
export { Directory } from './directory.ts';
export type { DirectoryOptions, Refreshed } from './directory.ts';
export { DirectoryError, type DirectoryErrorCode } from './error.ts';
export { directoryFileProblems } from './files.ts';
export { directoriesSchema, type DirectorySettings } from './schema.ts';
