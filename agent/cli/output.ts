/** Where a command prints: what was asked for, and what is wrong. */
export interface Output {
  out: (text: string) => void;
  error: (text: string) => void;
}
