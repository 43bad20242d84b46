import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The audit log's files, oldest first: rotated ones by the time in their names, then the live one. */
export function auditFiles(auditLog: string): string[] {
  const folder = dirname(auditLog);
  const backups = readdirSync(folder).filter((name) => /^audit-.*\.log$/u.test(name));
  return [...backups.toSorted().map((name) => join(folder, name)), auditLog];
}

/** Every line on the disk, oldest first, as latin1 text without its newline, so that every byte is one character. */
export function auditLines(auditLog: string): string[] {
  return auditFiles(auditLog).flatMap((file) => readFileSync(file, 'latin1').split('\n').slice(0, -1));
}
