/** A question about events, which a table answers. */
export type Question = {
  id: string;
  title: string;
  about: string;
} & (
  | {
      /** Options of `auditseal who`, which counts requests. */
      by: 'who';
      resources: readonly string[];
      verbs: 'all' | 'write';
      isDenied: boolean;
      /** Whether requests are sessions in pods, of which the command is known. */
      hasCommands: boolean;
    }
  | {
      /** A search of docs/queries.md, which counts events. */
      by: 'search';
      /** Its number there; null for one that is not there. */
      number: number | null;
      /** Beside the time. */
      filter: readonly object[];
      sources: readonly (readonly [id: string, field: string, heading: string])[];
      /** What was chosen, by name. */
      parameters: Readonly<Record<string, string>>;
    }
);

export type WhoQuestion = Extract<Question, { by: 'who' }>;
export type SearchQuestion = Extract<Question, { by: 'search' }>;
