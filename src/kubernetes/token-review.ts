import { createHash } from "node:crypto";
import type { ApiClient } from "./transport/api-client.ts";

/** How long an answer about a token counts: one that is sent every second costs the API server little. */
const REMEMBERED_MS = 10_000;
/** With more tokens at a time, each is asked about each time. */
const MOST_REMEMBERED = 1_000;
const TIMEOUT_MS = 5_000;

/** Whose a token is. */
export interface TokenHolder {
  readonly username: string;
  readonly uid?: string;
  readonly groups?: unknown;
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** Answers about tokens, each for 10 s. A token itself is not kept. */
export class TokenAnswers<Answer> {
  readonly #known = new Map<string, { readonly until: number; readonly answer: Promise<Answer> }>();

  /** What is remembered about the token and that question, or else what `ask` finds out. A failure is not remembered. */
  get(token: string, question: string, ask: () => Promise<Answer>): Promise<Answer> {
    const key = createHash("sha256").update(`${question} ${token}`).digest("base64");
    const now = performance.now();
    const known = this.#known.get(key);
    if (known !== undefined && known.until > now) return known.answer;
    for (const [old, { until }] of this.#known) if (until <= now) this.#known.delete(old);
    const answer = ask();
    if (this.#known.size < MOST_REMEMBERED) this.#known.set(key, { until: now + REMEMBERED_MS, answer });
    answer.catch(() => this.#known.delete(key));
    return answer;
  }
}

/**
 * Asks the API server whose a token is; undefined where it is not valid. `audience`: of a token that is made for it alone;
 * absent: of one for the API server.
 */
export async function reviewToken(
  client: ApiClient,
  token: string,
  audience?: string,
): Promise<TokenHolder | undefined> {
  const audiences = audience === undefined ? {} : { audiences: [audience] };
  const status = (await createReview(client, "authentication.k8s.io", "TokenReview", { token, ...audiences })) as {
    readonly authenticated?: boolean;
    readonly audiences?: readonly string[];
    readonly user?: Partial<TokenHolder>;
  } | null;
  if (status?.authenticated !== true || status.user?.username === undefined) return undefined;
  // An authenticator that knows nothing of audiences lists none.
  if (audience !== undefined && status.audiences?.includes(audience) !== true) return undefined;
  return { ...status.user, username: status.user.username };
}

/** Has the API server check something. Resolves with the status of the review. */
export async function createReview(client: ApiClient, group: string, kind: string, spec: object): Promise<unknown> {
  const plural = `${kind.toLowerCase()}s`;
  const body = { apiVersion: `${group}/v1`, kind, spec };
  const path = `/apis/${group}/v1/${plural}`;
  const call = { method: "POST", path, what: `create ${plural}`, lane: "read", body, timeoutMs: TIMEOUT_MS } as const;
  const answer = await client.call(call, AbortSignal.timeout(TIMEOUT_MS));
  return (answer as { readonly status?: unknown } | null)?.status ?? null;
}
