import { exitBadConfig } from '../config/index.ts';

/**
 * For commander's `exitOverride`: what is no option or command ends with `code`, and help that was asked for with 0. Not with
 * commander's own 1, which of `verify` would mean tampered.
 */
export function usageEndsWith(code: number = exitBadConfig): (error: { exitCode: number }) => never {
  return ({ exitCode }) => process.exit(exitCode === 0 ? 0 : code);
}
