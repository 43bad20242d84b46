/** Whether a URL names this machine by a loopback address: what is sent there crosses no network. */
export function isLoopback({ hostname }: URL): boolean {
  return /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/u.test(hostname);
}

/** Host and port of each URL to which credentials, and every event, would cross a network in plain text. */
export function plaintextHosts(urls: readonly string[]): string[] {
  return urls
    .map((text) => new URL(text))
    .filter((url) => url.protocol === 'http:' && !isLoopback(url))
    .map(({ host }) => host);
}
