import type { PodReference, TokenPod } from "../ports.ts";
import { reviewToken, TokenAnswers, type TokenHolder } from "../token-review.ts";
import type { ApiClient } from "../transport/api-client.ts";

/** Of a token that nobody but Muster takes. */
const AUDIENCE = "muster.dev";
const POD_NAME = "authentication.kubernetes.io/pod-name";
const POD_UID = "authentication.kubernetes.io/pod-uid";

/** Asks the API server which pod a token was made for. */
export class PodTokens {
  readonly #client: ApiClient;
  readonly #answers = new TokenAnswers<TokenPod>();

  constructor(client: ApiClient) {
    this.#client = client;
  }

  /** Of a token for the audience muster.dev, or for the API server. Rejects with a KubernetesError. */
  podOf(token: string): Promise<TokenPod> {
    return this.#answers.get(token, "pod", async () => {
      const holder = (await reviewToken(this.#client, token, AUDIENCE)) ?? (await reviewToken(this.#client, token));
      if (holder === undefined) return "unknown";
      return podOfHolder(holder) ?? "no-pod";
    });
  }
}

/** A token that the kubelet mounts is bound to the pod, and void once the pod is gone. */
function podOfHolder({ username, extra = {} }: TokenHolder): Required<PodReference> | undefined {
  const [, namespace] = /^system:serviceaccount:([^:]+):[^:]+$/.exec(username) ?? [];
  const name = onlyValue(extra[POD_NAME]);
  const uid = onlyValue(extra[POD_UID]);
  if (namespace === undefined || name === undefined || uid === undefined) return undefined;
  return { namespace, name, uid };
}

function onlyValue(values: unknown): string | undefined {
  if (!Array.isArray(values) || values.length !== 1) return undefined;
  const [value] = values as unknown[];
  return typeof value === "string" && value !== "" ? value : undefined;
}
