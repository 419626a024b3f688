import type { Autoscaler, WorkloadReference } from "../core/index.ts";

/** Who may scale a workload when several want to: the eldest, and objects before files. The others wait until it goes. */
export class Claims {
  readonly #byWorkload = new Map<string, Autoscaler[]>();
  readonly #changed: (ids: readonly string[]) => void;

  /** `changed` hears the ids of all whose standing may have changed. */
  constructor(changed: (ids: readonly string[]) => void) {
    this.#changed = changed;
  }

  get size(): number {
    return this.#byWorkload.size;
  }

  /** One autoscaler's claim, which may be new, changed, moved to another workload or given up. */
  replace(before: Autoscaler | undefined, after: Autoscaler | undefined): void {
    if (before !== undefined && (after === undefined || workloadKey(before.target) !== workloadKey(after.target))) {
      this.#release(before);
    }
    if (after !== undefined) this.#claim(after);
  }

  /** The elder that scales the autoscaler's workload instead of it, or else the younger ones that it keeps out. */
  standing(autoscaler: Autoscaler | undefined): {
    readonly refusedFor: Autoscaler | undefined;
    readonly refused: readonly Autoscaler[];
  } {
    if (autoscaler === undefined) return { refusedFor: undefined, refused: [] };
    const [holder, ...others] = this.#byWorkload.get(workloadKey(autoscaler.target)) ?? [];
    if (holder !== undefined && holder.id !== autoscaler.id) return { refusedFor: holder, refused: [] };
    return { refusedFor: undefined, refused: others };
  }

  #claim(autoscaler: Autoscaler): void {
    const key = workloadKey(autoscaler.target);
    const before = this.#byWorkload.get(key) ?? [];
    const others = before.filter((claimant) => claimant.id !== autoscaler.id);
    this.#byWorkload.set(key, others.concat(autoscaler).sort(elderFirst));
    if (others.length === before.length) this.#changed(others.map((claimant) => claimant.id));
  }

  #release(autoscaler: Autoscaler): void {
    const key = workloadKey(autoscaler.target);
    const left = (this.#byWorkload.get(key) ?? []).filter((claimant) => claimant.id !== autoscaler.id);
    if (left.length === 0) this.#byWorkload.delete(key);
    else this.#byWorkload.set(key, left);
    this.#changed(left.map((claimant) => claimant.id));
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

function elderFirst(a: Autoscaler, b: Autoscaler): number {
  const age = (a.origin.createdAt ?? Number.MAX_SAFE_INTEGER) - (b.origin.createdAt ?? Number.MAX_SAFE_INTEGER);
  if (age !== 0) return age;
  return a.id < b.id ? -1 : 1;
}
