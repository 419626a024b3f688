import type { Autoscaler, WorkloadReference } from "../core/index.ts";

/** Who scales a workload when several autoscalers want to. */
export interface ClaimStanding {
  /** The older autoscaler that scales the workload instead. */
  readonly refusedFor: Autoscaler | undefined;
  /** Younger autoscalers that are kept out. */
  readonly refused: readonly Autoscaler[];
}

const UNCONTESTED: ClaimStanding = { refusedFor: undefined, refused: [] };

/** Which autoscaler may scale a workload: the oldest, and objects before files. The others wait until it goes. */
export class Claims {
  readonly #byWorkload = new Map<string, readonly Autoscaler[]>();
  /** By autoscaler, of workloads that more than one claims. */
  readonly #contested = new Map<string, ClaimStanding>();
  readonly #changed: (ids: readonly string[]) => void;

  /** `changed` hears the ids of all whose standing may have changed. */
  constructor(changed: (ids: readonly string[]) => void) {
    this.#changed = changed;
  }

  get size(): number {
    return this.#byWorkload.size;
  }

  /** One autoscaler's claim, which may be new, changed, moved to another workload or given up. Returns the new one. */
  replace(before: Autoscaler | undefined, after: Autoscaler | undefined): Autoscaler | undefined {
    const keyAfter = after && workloadKey(after.target);
    if (before !== undefined && workloadKey(before.target) !== keyAfter) this.#release(before);
    if (after !== undefined && keyAfter !== undefined) this.#claim(after, keyAfter);
    return after;
  }

  standing(id: string): ClaimStanding {
    return this.#contested.get(id) ?? UNCONTESTED;
  }

  #claim(autoscaler: Autoscaler, key: string): void {
    const before = this.#byWorkload.get(key) ?? [];
    const others = before.filter((claimant) => claimant.id !== autoscaler.id);
    this.#set(key, others.concat(autoscaler).sort(olderFirst));
    if (others.length === before.length) this.#changed(others.map((claimant) => claimant.id));
  }

  #release(autoscaler: Autoscaler): void {
    const key = workloadKey(autoscaler.target);
    const left = (this.#byWorkload.get(key) ?? []).filter((claimant) => claimant.id !== autoscaler.id);
    this.#contested.delete(autoscaler.id);
    this.#set(key, left);
    this.#changed(left.map((claimant) => claimant.id));
  }

  #set(key: string, claimants: readonly Autoscaler[]): void {
    if (claimants.length === 0) this.#byWorkload.delete(key);
    else this.#byWorkload.set(key, claimants);
    const [holder, ...refused] = claimants;
    for (const { id } of claimants) {
      if (claimants.length === 1) this.#contested.delete(id);
      else if (id === holder?.id) this.#contested.set(id, { refusedFor: undefined, refused });
      else this.#contested.set(id, { refusedFor: holder, refused: [] });
    }
  }
}

/** The version is left out: apps/v1 and apps/v1beta1 name the same Deployment. */
export function workloadKey({ apiVersion, kind, namespace, name }: WorkloadReference): string {
  const group = apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
  return [group, kind, namespace, name].join("/");
}

/** Why the first of two has the workload, as a clause. */
export function precedence(first: Autoscaler, other: Autoscaler): string {
  const [one, two] = [first.origin.createdAt, other.origin.createdAt];
  if (one === two) return "comes first by name";
  return two === undefined ? "is an object, which goes before a file," : "is older";
}

function olderFirst(a: Autoscaler, b: Autoscaler): number {
  const age = (a.origin.createdAt ?? Number.MAX_SAFE_INTEGER) - (b.origin.createdAt ?? Number.MAX_SAFE_INTEGER);
  if (age !== 0) return age;
  return a.id < b.id ? -1 : 1;
}

export function isSameTarget(one: WorkloadReference | undefined, other: WorkloadReference | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.apiVersion === other.apiVersion && workloadKey(one) === workloadKey(other);
}
