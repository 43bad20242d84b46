/** Why the demo could not go on, or what it showed that it should not have. */
export class DemoError extends Error {
  override readonly name = 'DemoError';
  readonly code: 'usage' | 'agent' | 'behind' | 'elasticsearch' | 'verifier';

  constructor(code: DemoError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
