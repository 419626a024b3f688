import { createReview, reviewToken, TokenAnswers } from "./token-review.ts";
import type { ApiClient } from "./transport/api-client.ts";

/** "unknown": not a valid token; "known": valid, but it may not read; "allowed": it may. */
type TokenAnswer = "unknown" | "known" | "allowed";

/** Asks the API server whose a token is (TokenReview) and whether they may list WorkerAutoscalers (SubjectAccessReview). */
export class ClusterAccess {
  readonly #client: ApiClient;
  readonly #answers = new TokenAnswers<TokenAnswer>();

  constructor(client: ApiClient) {
    this.#client = client;
  }

  /** `namespace` absent: of all namespaces. */
  mayRead(token: string, { namespace = "" }: { readonly namespace?: string | undefined }): Promise<TokenAnswer> {
    return this.#answers.get(token, namespace, () => this.#review(token, namespace));
  }

  async #review(token: string, namespace: string): Promise<TokenAnswer> {
    const holder = await reviewToken(this.#client, token);
    if (holder === undefined) return "unknown";
    const { username, uid, groups, extra } = holder;
    const resourceAttributes = { namespace, verb: "list", group: "muster.dev", resource: "workerautoscalers" };
    const spec = { user: username, uid, groups, extra, resourceAttributes };
    const access = await createReview(this.#client, "authorization.k8s.io", "SubjectAccessReview", spec);
    return (access as { readonly allowed?: boolean } | null)?.allowed === true ? "allowed" : "known";
  }
}
