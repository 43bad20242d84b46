/** Files that people give us: read and parsed within bounds, whatever is in them. */
export { InputError, type InputErrorCode } from './error.ts';
export { fileBytesMax, readHashedTextFile, readTextFile, readTextStream } from './file.ts';
export { parseJsonObject } from './json.ts';
export { lineInYaml, parseYaml } from './yaml.ts';
