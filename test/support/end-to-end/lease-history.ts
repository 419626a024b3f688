import type { ApiProxy, ApiRequest } from "./api-proxy.ts";

interface Claim {
  readonly by: string;
  /** When the request came by. */
  readonly at: number;
  /** When its answer did. */
  readonly answeredAt: number;
  readonly until: number;
}

/** Who held a lease when, and who wrote meanwhile, as the proxies in front of the API server saw it. */
export class LeaseHistory {
  readonly #proxies = new Map<string, ApiProxy>();

  follow(name: string, proxy: ApiProxy): void {
    this.#proxies.set(name, proxy);
  }

  /** Number of writes but for those of the lease itself. */
  get writes(): number {
    return [...this.#proxies.values()].reduce((sum, proxy) => sum + proxy.writes().length, 0);
  }

  /** Who holds the lease now, whether or not it has run out. */
  holder(): string | undefined {
    return this.#claims().at(-1)?.by;
  }

  /** Each write of a process whose lease had run out by then, or had been taken by another. */
  violations(): readonly string[] {
    const claims = this.#claims();
    return [...this.#proxies].flatMap(([name, proxy]) =>
      proxy.writes().flatMap((write) => {
        const because = objection(claims, name, write);
        return because === undefined ? [] : [`${name}: ${write.method} ${write.path}: ${because}`];
      }),
    );
  }

  #claims(): readonly Claim[] {
    const claims: Claim[] = [];
    for (const [by, proxy] of this.#proxies) {
      for (const { method, path, body, at, status = 0, answeredAt } of proxy.requests) {
        if (method === "GET" || !path.includes("/leases") || status > 299 || answeredAt === undefined) continue;
        const { holderIdentity, leaseDurationSeconds } = (JSON.parse(body) as { spec: LeaseSpec }).spec;
        const until = holderIdentity === "" ? at : at + leaseDurationSeconds * 1_000;
        claims.push({ by, at, answeredAt, until });
      }
    }
    return claims.sort((one, other) => one.answeredAt - other.answeredAt);
  }
}

interface LeaseSpec {
  readonly holderIdentity: string;
  readonly leaseDurationSeconds: number;
}

function objection(claims: readonly Claim[], name: string, { at }: ApiRequest): string | undefined {
  const before = claims.filter(({ answeredAt }) => answeredAt < at);
  const own = before.findLast(({ by }) => by === name);
  if (own === undefined) return "it never held the lease";
  if (at > own.until) return `its lease had run out ${(at - own.until).toFixed(0)} ms before`;
  const taken = before.find(({ by, answeredAt }) => by !== name && answeredAt > own.answeredAt);
  return taken === undefined
    ? undefined
    : `another had taken the lease ${(at - taken.answeredAt).toFixed(0)} ms before`;
}
