/** A Deployment that every server accepts. */
export function webDeployment(name = "web", replicas = 2): Record<string, unknown> & { spec: Record<string, unknown> } {
  const labels = { app: name };
  const container = { name: "web", image: "nginx:1.25", env: [{ name: "A", value: "1" }] };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  };
}
