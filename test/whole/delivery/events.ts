/** An audit event with a body of the test's choice, as JSON text. */
export function eventWithBody(auditId: string, body: string): string {
  return `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Request","auditID":"${auditId}","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/lab/configmaps/a","verb":"patch","user":{"username":"alice"},"sourceIPs":["127.0.0.1"],"objectRef":{"resource":"configmaps","namespace":"lab","name":"a","apiVersion":"v1"},"requestObject":${body},"requestReceivedTimestamp":"2026-11-23T01:06:03.433599Z","stageTimestamp":"2026-11-23T01:06:03.433599Z"}`;
}
