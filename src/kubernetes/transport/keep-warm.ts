import { KubernetesError } from "../ports/kubernetes-error.ts";
import type { ApiClient } from "./api-client.ts";
import { pause } from "./pause.ts";
import type { Lane } from "./request-pools.ts";

/** Half the 90 s after which an API server closes an idle HTTP/1.1 connection. */
const EVERY_MS = 45_000;

/** Keeps a connection of the lane open until aborted, so that the first call after a quiet hour need not dial. */
export async function keepWarm(client: ApiClient, lane: Lane, signal: AbortSignal, everyMs = EVERY_MS): Promise<void> {
  while (!signal.aborted) {
    try {
      await client.call({ method: "GET", path: "/version", what: "get version", lane }, signal);
    } catch (error) {
      // A server in trouble is reported by those who want something of it.
      if (!(error instanceof KubernetesError)) throw error;
    }
    await pause(everyMs, signal);
  }
}
