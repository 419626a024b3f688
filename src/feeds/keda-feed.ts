import { idOf, type Parsed } from "../core/index.ts";
import { parseScaledObject, triggersOf } from "../formats/scaled-object.ts";
import { describeScaledObject, renderScaledObjectStatus } from "../formats/scaled-object-status.ts";
import type { SecretLookup } from "../formats/source-settings.ts";
import {
  type ApiClient,
  type KubernetesObject,
  objectFeed,
  type Resource,
  resourcePath,
  type StatusFormat,
  WatchCache,
  type WatchHealth,
} from "../kubernetes/index.ts";
import { type Feed, KubernetesError, type SecretState, type Secrets } from "../kubernetes/ports.ts";
import { onAbort, pause } from "../shared/async.ts";
import { KedaLeftovers, type LeftoverTerms } from "./keda-leftovers.ts";
import { readCredential, SecretReaders } from "./secret-readers.ts";

export interface KedaFeedOptions {
  readonly client: ApiClient;
  /** Absent: all of them. */
  readonly namespace: string | undefined;
  readonly secrets: Secrets;
  /** Where the Secrets are that ClusterTriggerAuthentications name. */
  readonly kedaNamespace: string;
  readonly healthChanged: (health: WatchHealth) => void;
  /** An object that KEDA's finalizer keeps from going away, as nobody may take it off. */
  readonly onProblem: (problem: KubernetesError, resource: string) => void;
  /** HorizontalPodAutoscalers that KEDA left behind are deleted. Absent: they stay. */
  readonly takeOver?: Pick<LeftoverTerms, "deleted" | "onProblem"> | undefined;
}

const GROUP = { group: "keda.sh", version: "v1alpha1" };
const SCALED_OBJECTS: Resource = { ...GROUP, plural: "scaledobjects" };
const AUTHENTICATIONS: Resource = { ...GROUP, plural: "triggerauthentications" };
const CLUSTER_AUTHENTICATIONS: Resource = { ...GROUP, plural: "clustertriggerauthentications" };

/** Secrets of KEDA's namespace are told apart from those of the object's own by this ending. */
const OF_KEDA = ".of-keda";

/** KEDA's ScaledObjects as autoscalers: read again when a TriggerAuthentication or a Secret of theirs changes. */
export function kedaFeed(options: KedaFeedOptions): { feed: Feed; statusFormat: StatusFormat } {
  const { client, namespace, secrets, kedaNamespace, healthChanged, takeOver } = options;
  const leftovers = takeOver && new KedaLeftovers({ client, namespace, ...takeOver });
  const finalizers = new KedaFinalizers(client, options.onProblem);
  const described = new Map<string, ReturnType<typeof describeScaledObject>>();
  const authentications = new Map<string, KubernetesObject>();
  const known = ({ metadata: { namespace } }: KubernetesObject) =>
    [...authentications.values()].filter(({ metadata }) => ["", namespace].includes(metadata.namespace));
  const ofCluster = (secret: string) => `${secret}${OF_KEDA}`;
  const readers = new SecretReaders<KubernetesObject>({
    secrets,
    namespaceOf: ({ metadata }) => metadata.namespace,
    mayChange: (object) => triggersOf(object).some(({ authenticationRef }) => authenticationRef !== undefined),
    // What is asked for while it is read is what it refers to.
    referencesOf(object, stateOf) {
      const asked = new Map<string, ReturnType<typeof secretOf>>();
      read(object, (name, namespace) => {
        asked.set(`${namespace ?? ""}/${name}`, { name, namespace });
        return stateOf(name, namespace);
      });
      return [...asked.values()];
    },
    parse: read,
  });

  function read(object: KubernetesObject, stateOf: (name: string, namespace?: string) => SecretState) {
    const lookup: SecretLookup = ({ name, key }) => {
      const secret = secretOf(name);
      return readCredential(stateOf(secret.name, secret.namespace), key);
    };
    return parseScaledObject(object, { among: known(object), ofCluster, secrets: lookup, others: lookup });
  }

  function secretOf(name: string): { readonly name: string; readonly namespace?: string | undefined } {
    return name.endsWith(OF_KEDA) ? { name: name.slice(0, -OF_KEDA.length), namespace: kedaNamespace } : { name };
  }

  /** Keeps the authentications of one kind up to date; resolves when all are known, or when none can be. */
  function followAuthentications(resource: Resource, kind: string, within: string | undefined, signal: AbortSignal) {
    return new Promise<void>((resolve) => {
      const cache = new WatchCache<KubernetesObject>({
        client,
        resource,
        namespace: within,
        trim(object) {
          finalizers.see(resource, object);
          const { name, namespace, uid, resourceVersion } = object.metadata;
          return { kind, metadata: { name, namespace, uid, resourceVersion }, spec: object.spec };
        },
        changed(key, now, before) {
          if (now === undefined) authentications.delete(`${kind}/${key}`);
          else authentications.set(`${kind}/${key}`, now.value);
          const { metadata } = (now ?? before)?.value ?? {};
          readers.readAgain(
            (object) =>
              ["", object.metadata.namespace].includes(metadata?.namespace ?? "") &&
              triggersOf(object).some(({ authenticationRef }) => authenticationRef?.name === metadata?.name),
          );
        },
        stateChanged() {
          if (cache.isSynced || cache.failure !== undefined) resolve();
          healthChanged(cache.health());
        },
      });
      onAbort(signal, resolve);
      void cache.run(signal);
    });
  }

  const own = objectFeed({
    client,
    namespace,
    healthChanged,
    resource: SCALED_OBJECTS,
    parse(object) {
      finalizers.see(SCALED_OBJECTS, object);
      const parsed = readers.parse(object);
      described.set(idOf(parsed), describeScaledObject(object));
      return parsed;
    },
  });
  const wrapped = readers.wrap(own);
  return {
    feed: {
      start(sink, signal) {
        void finalizers.run(signal);
        void leftovers?.run(signal);
        const keep = (parsed: Parsed) => {
          leftovers?.keep(parsed);
          sink.keep(parsed);
        };
        const forget = (id: string) => {
          leftovers?.forget(id);
          described.delete(id);
          sink.forget(id);
        };
        const ready = Promise.all([
          followAuthentications(AUTHENTICATIONS, "TriggerAuthentication", namespace, signal),
          followAuthentications(CLUSTER_AUTHENTICATIONS, "ClusterTriggerAuthentication", undefined, signal),
        ]);
        return { synced: ready.then(() => wrapped.start({ keep, forget }, signal).synced) };
      },
    },
    statusFormat: {
      resource: SCALED_OBJECTS,
      objects: own.objects,
      statusOf: ({ kind, namespace, name }, account, previous) =>
        renderScaledObjectStatus(account, previous, described.get(`${kind}/${namespace}/${name}`) ?? {}),
    },
  };
}

const FINALIZER = "finalizer.keda.sh";
const EVERY_MS = 2_000;
/** Between two tries where it was refused. */
const REFUSED_MS = 60_000;

/**
 * Takes KEDA's finalizer off objects that are being deleted: without KEDA's operator they would stay for ever. Nothing is
 * to be done for them first, as the workload keeps its replicas.
 */
class KedaFinalizers {
  readonly #client: ApiClient;
  readonly #onProblem: KedaFeedOptions["onProblem"];
  readonly #leaving = new Map<string, { readonly resource: Resource; readonly object: KubernetesObject }>();

  constructor(client: ApiClient, onProblem: KedaFeedOptions["onProblem"]) {
    this.#client = client;
    this.#onProblem = onProblem;
  }

  see(resource: Resource, object: KubernetesObject): void {
    const { uid, deletionTimestamp, finalizers = [] } = object.metadata;
    if (deletionTimestamp !== undefined && finalizers.includes(FINALIZER)) this.#leaving.set(uid, { resource, object });
    else this.#leaving.delete(uid);
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let isRefused = false;
      for (const [uid, { resource, object }] of [...this.#leaving]) {
        const problem = await this.#release(resource, object, signal);
        if (problem === undefined || problem.kind === "NotFound") this.#leaving.delete(uid);
        else if (problem.kind === "Forbidden") isRefused = true;
        if (problem?.kind === "Forbidden") this.#onProblem(problem, resource.plural);
      }
      await pause(isRefused ? REFUSED_MS : EVERY_MS, signal);
    }
  }

  /** Repeated until it works; a conflict is followed by a newer version of the object. */
  async #release(resource: Resource, { metadata }: KubernetesObject, signal: AbortSignal) {
    const { namespace, name, resourceVersion, finalizers = [] } = metadata;
    const path = resourcePath(resource, { ...(namespace !== "" && { namespace }), name });
    const left = finalizers.filter((one) => one !== FINALIZER);
    const body = { metadata: { resourceVersion, finalizers: left } };
    try {
      await this.#client.call({ method: "PATCH", path, what: `patch ${resource.plural}`, lane: "write", body }, signal);
      return undefined;
    } catch (error) {
      if (error instanceof KubernetesError) return error;
      throw error;
    }
  }
}
