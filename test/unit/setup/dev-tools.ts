/** A request in the form of Kibana's Dev Tools. */
export interface ConsoleRequest {
  method: string;
  path: string;
  body: unknown;
}

/**
 * Reads a text as Kibana's Dev Tools do: comments, and requests of a line `METHOD path` with JSON below it or none.
 * @throws where it is anything else
 */
export function requestsOf(text: string): ConsoleRequest[] {
  const lines = text.split('\n').filter((line) => !/^\s*#/u.test(line));
  const requests: { head: RegExpExecArray; body: string[] }[] = [];
  for (const line of lines) {
    const head = /^(GET|HEAD|POST|PUT|DELETE|PATCH) ((?:kbn:)?\/\S*)$/u.exec(line);
    if (head) requests.push({ head, body: [] });
    else if (line.trim() !== '') {
      if (requests.length === 0) throw new Error(`no request, but ${JSON.stringify(line)}`);
      requests.at(-1)!.body.push(line);
    }
  }
  return requests.map(({ head: [, method = '', path = ''], body }) => ({
    method,
    path,
    body: body.length === 0 ? undefined : (JSON.parse(body.join('\n')) as unknown),
  }));
}
