import { createHash } from "node:crypto";
import type { ApiClient } from "./transport/api-client.ts";

/** How long an answer counts: a page that is read every second costs the API server little. */
const REMEMBERED_MS = 10_000;
/** With more callers at a time, each is asked about each time. */
const MOST_REMEMBERED = 1_000;
const TIMEOUT_MS = 5_000;

/** "unknown": not a valid token; "known": valid, but it may not read; "allowed": it may. */
type TokenAnswer = "unknown" | "known" | "allowed";

interface TokenReviewStatus {
  readonly authenticated?: boolean;
  readonly user?: {
    readonly username?: string;
    readonly uid?: string;
    readonly groups?: unknown;
    readonly extra?: unknown;
  };
}

/** Asks the API server whose a token is (TokenReview) and whether they may list WorkerAutoscalers (SubjectAccessReview). */
export class ClusterAccess {
  readonly #client: ApiClient;
  readonly #known = new Map<string, { readonly until: number; readonly answer: Promise<TokenAnswer> }>();

  constructor(client: ApiClient) {
    this.#client = client;
  }

  /** `namespace` absent: of all namespaces. */
  mayRead(token: string, { namespace = "" }: { readonly namespace?: string | undefined }): Promise<TokenAnswer> {
    const key = createHash("sha256").update(`${namespace} ${token}`).digest("base64");
    const now = performance.now();
    const known = this.#known.get(key);
    if (known !== undefined && known.until > now) return known.answer;
    for (const [old, { until }] of this.#known) if (until <= now) this.#known.delete(old);
    const answer = this.#review(token, namespace);
    if (this.#known.size < MOST_REMEMBERED) this.#known.set(key, { until: now + REMEMBERED_MS, answer });
    // A failure is not remembered.
    answer.catch(() => this.#known.delete(key));
    return answer;
  }

  async #review(token: string, namespace: string): Promise<TokenAnswer> {
    const review = await this.#create("authentication.k8s.io", "TokenReview", { token });
    const { authenticated, user } = (review ?? {}) as TokenReviewStatus;
    if (authenticated !== true || user?.username === undefined) return "unknown";
    const { username, uid, groups, extra } = user;
    const resourceAttributes = { namespace, verb: "list", group: "muster.dev", resource: "workerautoscalers" };
    const spec = { user: username, uid, groups, extra, resourceAttributes };
    const access = await this.#create("authorization.k8s.io", "SubjectAccessReview", spec);
    return (access as { readonly allowed?: boolean } | undefined)?.allowed === true ? "allowed" : "known";
  }

  /** Resolves with the status of the review. */
  async #create(group: string, kind: string, spec: object): Promise<unknown> {
    const plural = `${kind.toLowerCase()}s`;
    const body = { apiVersion: `${group}/v1`, kind, spec };
    const call = {
      method: "POST",
      path: `/apis/${group}/v1/${plural}`,
      what: `create ${plural}`,
      lane: "read",
    } as const;
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await this.#client.call({ ...call, body, timeoutMs: TIMEOUT_MS }, signal);
    return (answer as { readonly status?: unknown } | null)?.status;
  }
}
