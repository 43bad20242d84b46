/** Whether a URL names this machine by a loopback address: what is sent there crosses no network. */
export function isLoopback({ hostname }: URL): boolean {
  return /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/u.test(hostname);
}
