import { createInterface } from "node:readline/promises";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";

export interface Replicas {
  readonly replicas: number;
  readonly ready: number;
}

/** Follows one Deployment by a watch, as `kubectl get -w` does, until the signal aborts or the server goes. */
export async function watchDeployment(
  server: string,
  name: string,
  changed: (replicas: Replicas) => void,
  signal: AbortSignal,
): Promise<void> {
  const selector = encodeURIComponent(`metadata.name=${name}`);
  const path = `/apis/apps/v1/namespaces/default/deployments?watch=true&fieldSelector=${selector}`;
  const answer = await fetch(new URL(path, server), { signal });
  if (!answer.ok || answer.body === null) throw new Error(`expected a watch of deployments, got ${answer.status}`);
  const lines = createInterface({ input: Readable.fromWeb(answer.body as ReadableStream) });
  for await (const line of lines) {
    const { type, object } = JSON.parse(line) as WatchEvent;
    if (type === "BOOKMARK") continue;
    changed({ replicas: object.spec?.replicas ?? 0, ready: object.status?.readyReplicas ?? 0 });
  }
}

interface WatchEvent {
  readonly type: string;
  readonly object: { readonly spec?: { replicas?: number }; readonly status?: { readyReplicas?: number } };
}
