import type { Backoff } from "../../core/index.ts";
import { pause } from "../../shared/async.ts";
import { KubernetesError, type KubernetesErrorKind, type WritePermit } from "../ports.ts";
import type { Lane } from "./request-pools.ts";

export interface ApiCall {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With its query. */
  readonly path: string;
  /** For errors and metrics: "patch deployments/scale". No names of objects. */
  readonly what: string;
  readonly lane: Lane;
  /** What to answer with. Default: the objects themselves, as JSON. */
  readonly accept?: string;
  /** Sent as JSON; of a PATCH, as a merge patch. */
  readonly body?: unknown;
  /** Default 10 s. */
  readonly timeoutMs?: number;
}

/** What came of one request, for metrics. */
export interface CallOutcome {
  readonly what: string;
  readonly lane: Lane;
  readonly seconds: number;
  /** Absent: it went well. */
  readonly error?: KubernetesErrorKind;
}

/** Speaks to one API server. Rejects with KubernetesErrors only. */
export interface ApiClient {
  /** What the server turned out to be able to do. */
  readonly features: { watchList: boolean };
  /** The parsed answer. Repeated once by itself after a 401, and after a dead connection where that is harmless. */
  call(call: ApiCall, signal: AbortSignal): Promise<unknown>;
  /** The bytes of a watch, as they come. The stream ends, or throws, when the connection does. */
  watch(path: string, what: string, signal: AbortSignal): Promise<AsyncIterable<Buffer>>;
  /** Ends all connections; calls under way are rejected. */
  close(): Promise<void>;
}

/** Between attempts to reach the API server. */
export const SERVER_BACKOFF: Backoff = { firstMilliseconds: 50, longestMilliseconds: 10_000 };

export interface ApiClientOptions {
  /** Default "muster". */
  readonly userAgent?: string;
  readonly observe?: (outcome: CallOutcome) => void;
  /** Asked before each call that changes something, immediately before it is sent; such a call ends with it. Default: always. */
  readonly permit?: WritePermit;
  /** Default 64 MiB. */
  readonly largestAnswer?: number;
  /** Milliseconds without a byte after which a watch is given up: servers send a bookmark each minute. */
  readonly silenceMs?: number;
}

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
