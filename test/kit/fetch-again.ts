import pRetry from 'p-retry';

/**
 * `fetch` of what may be asked twice, with the whole answer. A connection that is kept open may be closed by its server while
 * a busy test does not look; what is sent on it then is reset, and nobody knows whether it was taken.
 */
export function fetchAgain(url: string | URL, init?: RequestInit): Promise<Response> {
  return pRetry(
    async () => {
      const answer = await fetch(url, init);
      const { status, headers } = answer;
      const body = await answer.arrayBuffer();
      return new Response(body.byteLength > 0 ? body : null, { status, headers });
    },
    { retries: 5, minTimeout: 50, shouldRetry: ({ error }) => isReset(error) },
  );
}

/** As undici names it; a server that does not answer at all refuses, which is no reset. */
function isReset(error: Error): boolean {
  const codes = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'];
  return typeof error.cause === 'object' && codes.includes(String(Reflect.get(error.cause ?? {}, 'code')));
}
