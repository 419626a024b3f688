import { InternPool, type Parsed } from "../core/index.ts";
import { onAbort } from "../shared/async.ts";
import type { KubernetesObject, Resource } from "./objects.ts";
import type { Feed, FeedSink } from "./ports.ts";
import type { ApiClient } from "./transport/api-client.ts";
import { WatchCache, type WatchHealth } from "./watch/watch-cache.ts";

/** What is kept of each object: who it is to the controller, and its status to compare the next one with. */
export interface FedObject {
  readonly id: string;
  /** JSON. */
  readonly status: PackedText;
  /** On its way to the sink; not kept. */
  handover?: Parsed;
}

interface ObjectFeedOptions {
  readonly client: ApiClient;
  readonly resource: Resource;
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  /** What is wrong with an object is in the Parsed. */
  readonly parse: (object: KubernetesObject) => Parsed;
  /** Told when the watch fails in a new way, and when it works again. */
  readonly healthChanged?: ((health: WatchHealth) => void) | undefined;
}

/** A feed and the objects it knows. */
export interface ObjectFeed extends Feed {
  readonly objects: WatchCache<FedObject>;
  health(): WatchHealth;
}

/** Then there are no objects that we could know of, and those of other kinds need not wait. */
const NOTHING_TO_SEE: ReadonlySet<string | undefined> = new Set(["NotFound", "Forbidden"]);

/**
 * Autoscalers from the objects of one kind. Where the kind does not exist yet (its CustomResourceDefinition is not
 * installed) or may not be listed there are none, health says so, and it is tried again. To be started once.
 */
export function objectFeed({ client, resource, namespace, parse, healthChanged }: ObjectFeedOptions): ObjectFeed {
  let sink: FeedSink | undefined;
  let synced: () => void = () => undefined;
  const objects: WatchCache<FedObject> = new WatchCache<FedObject>({
    client,
    resource,
    namespace,
    trim(object) {
      const handover = parsedOrProblem(parse, object);
      return { id: idOf(handover), status: new PackedText(JSON.stringify(object.status ?? {})), handover };
    },
    changed(_key, now, before) {
      if (before !== undefined && before.value.id !== now?.value.id) sink?.forget(before.value.id);
      const handover = now?.value.handover;
      if (now === undefined || handover === undefined) return;
      delete now.value.handover;
      sink?.keep(handover);
    },
    stateChanged() {
      if (objects.isSynced || NOTHING_TO_SEE.has(objects.failure?.kind)) synced();
      healthChanged?.(objects.health());
    },
  });
  return {
    objects,
    health: () => objects.health(),
    start(to, signal) {
      sink = to;
      const whenSynced = new Promise<void>((resolve) => {
        synced = resolve;
        onAbort(signal, resolve);
      });
      void objects.run(signal);
      return { synced: whenSynced };
    },
  };
}

/** A parser that throws affects that object alone. */
function parsedOrProblem(parse: (object: KubernetesObject) => Parsed, object: KubernetesObject): Parsed {
  try {
    return parse(object);
  } catch (error) {
    const { kind = "Object", metadata } = object;
    const { namespace, name, uid } = metadata;
    return {
      id: `${kind}/${namespace}/${name}`,
      origin: { kind, namespace, name, uid },
      problems: [{ path: "", message: `expected an object that can be read, got ${(error as Error).message}` }],
    };
  }
}

function idOf(parsed: Parsed): string {
  return "autoscaler" in parsed ? parsed.autoscaler.id : parsed.id;
}

/** Numbers and times. */
const VARYING = /(\d[\d.:TZ-]*)/;
const GAP = "\u0000";

const patterns = new InternPool<string>();

/**
 * A text of which thousands differ in nothing but numbers and times, such as a status: the pattern around those is kept
 * once for all, which leaves a sixth of the text for each.
 */
export class PackedText {
  readonly #pattern: string;
  readonly #varying: string;

  constructor(text: string) {
    const parts = text.split(VARYING);
    this.#pattern = patterns.of(parts.filter((_, index) => index % 2 === 0).join(GAP));
    this.#varying = parts.filter((_, index) => index % 2 === 1).join(" ");
  }

  toString(): string {
    const varying = this.#varying.split(" ");
    return this.#pattern
      .split(GAP)
      .map((part, index) => part + (varying[index] ?? ""))
      .join("");
  }
}
