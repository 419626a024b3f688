import { createHash } from "node:crypto";
import type { ApiClient } from "./transport/api-client.ts";

/** An answer counts for this long, so that a page that is read every second costs the API server little. */
const REMEMBERED_MS = 10_000;
/** More callers than that at a time are asked about each time. */
const MOST_REMEMBERED = 1_000;
const PATIENCE_MS = 5_000;

/** Whether the token is somebody's ("known"), and whether they may read ("allowed"). */
type TokenAnswer = "unknown" | "known" | "allowed";

interface TokenReview {
  readonly status?: {
    readonly authenticated?: boolean;
    readonly user?: {
      readonly username?: string;
      readonly uid?: string;
      readonly groups?: readonly string[];
      readonly extra?: object;
    };
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
    const answer = this.#ask(token, namespace);
    if (this.#known.size < MOST_REMEMBERED) this.#known.set(key, { until: now + REMEMBERED_MS, answer });
    // A failure is not remembered.
    answer.catch(() => this.#known.delete(key));
    return answer;
  }

  async #ask(token: string, namespace: string): Promise<TokenAnswer> {
    const review = await this.#create<TokenReview>("authentication.k8s.io", "TokenReview", "tokenreviews", { token });
    const { authenticated, user } = review.status ?? {};
    if (authenticated !== true || user?.username === undefined) return "unknown";
    const { username, uid, groups, extra } = user;
    const resourceAttributes = { namespace, verb: "list", group: "muster.dev", resource: "workerautoscalers" };
    const spec = { user: username, uid, groups, extra, resourceAttributes };
    const { status } = await this.#create<{ readonly status?: { readonly allowed?: boolean } }>(
      "authorization.k8s.io",
      "SubjectAccessReview",
      "subjectaccessreviews",
      spec,
    );
    return status?.allowed === true ? "allowed" : "known";
  }

  async #create<Answer>(group: string, kind: string, plural: string, spec: object): Promise<Answer> {
    const body = { apiVersion: `${group}/v1`, kind, spec };
    const call = { method: "POST", what: `create ${plural}`, lane: "read", body, timeoutMs: PATIENCE_MS } as const;
    const path = `/apis/${group}/v1/${plural}`;
    return (await this.#client.call({ ...call, path }, AbortSignal.timeout(PATIENCE_MS))) as Answer;
  }
}
