import type { Parsed } from "../core/index.ts";
import type { SecretLookup } from "../formats/source-settings.ts";
import type { Feed, FeedSink, SecretState, Secrets } from "../kubernetes/ports.ts";
import { ownValue } from "../shared/own-value.ts";

interface SecretReadersOptions<Source> {
  readonly secrets: Secrets;
  readonly namespaceOf: (object: Source) => string;
  /** The Secrets that an object refers to, as far as those show that are known; without a namespace, in its own. */
  readonly referencesOf: (object: Source, stateOf: StateOf) => readonly SecretName[];
  /** `stateOf` returns what is known of the Secret with that name. */
  readonly parse: (object: Source, stateOf: StateOf) => Parsed;
  /** Whether an object is kept to be read again by `readAgain`, even where it refers to no Secret. */
  readonly mayChange?: (object: Source) => boolean;
}

type StateOf = (name: string, namespace?: string) => SecretState;

interface SecretName {
  readonly name: string;
  readonly namespace?: string | undefined;
}

interface Reader<Source> {
  readonly object: Source;
  /** By the Secret's namespace and name. */
  readonly states: Map<string, SecretState>;
  readonly following: Map<string, { stop(): void }>;
  /** Secrets that have not been read yet: until then the object is not passed on. */
  readonly awaited: Set<string>;
}

/** A trigger's authentication, its workload, what that names, and what $(NAME) names in there, each a round. */
const MOST_ROUNDS = 6;
const NOT_READ: SecretState = { state: "unknown", because: "the Secret has not been read yet" };

/**
 * Reads objects that refer to Secrets: each is parsed again whenever one of its Secrets changes. Only objects with
 * references, or that may change otherwise, are kept, and a Secret's values live no longer than the objects that name it.
 */
export class SecretReaders<Source> {
  readonly #options: SecretReadersOptions<Source>;
  readonly #readers = new Map<string, Reader<Source>>();
  #sink: FeedSink | undefined;

  constructor(options: SecretReadersOptions<Source>) {
    this.#options = options;
  }

  /** What the wrapped feed parses its objects with. */
  readonly parse = (object: Source): Parsed => {
    const references = this.#options.referencesOf(object, () => NOT_READ);
    const unread = this.#options.parse(object, () => NOT_READ);
    const id = idOf(unread);
    if (references.length === 0 && !this.#options.mayChange?.(object)) {
      this.#drop(id);
      return unread;
    }
    const { states = new Map(), following = new Map(), awaited = new Set<string>() } = this.#readers.get(id) ?? {};
    const reader: Reader<Source> = { object, states, following, awaited };
    this.#readers.set(id, reader);
    this.#followAll(id, reader);
    return this.#read(reader);
  };

  /** Parses the kept objects again that `concerns` is true of, as something else that they refer to has changed. */
  readAgain(concerns: (object: Source) => boolean): void {
    for (const [id, { object }] of [...this.#readers]) {
      if (!concerns(object)) continue;
      const parsed = this.parse(object);
      if ((this.#readers.get(id)?.awaited.size ?? 0) === 0) this.#sink?.keep(parsed);
    }
  }

  /** Wraps the feed whose objects are parsed with `parse`. */
  wrap(feed: Feed): Feed {
    return {
      start: (sink, signal) => {
        this.#sink = sink;
        signal.addEventListener("abort", () => this.#close(), { once: true });
        const keep = (parsed: Parsed) => {
          if ((this.#readers.get(idOf(parsed))?.awaited.size ?? 0) === 0) sink.keep(parsed);
        };
        const forget = (id: string) => {
          this.#drop(id);
          sink.forget(id);
        };
        return feed.start({ keep, forget }, signal);
      },
    };
  }

  /** What is known of one Secret may name others: a workload's environment does. */
  #followAll(id: string, reader: Reader<Source>): void {
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const before = [...reader.following.keys()].join();
      this.#follow(id, reader, this.#options.referencesOf(reader.object, this.#stateOf(reader)));
      if ([...reader.following.keys()].join() === before) return;
    }
  }

  #follow(id: string, reader: Reader<Source>, references: readonly SecretName[]): void {
    const own = this.#options.namespaceOf(reader.object);
    const secrets = new Map(
      references.map(({ name, namespace = own }) => [keyOf(namespace, name), { namespace, name }] as const),
    );
    for (const [key, { stop }] of reader.following) {
      if (secrets.has(key)) continue;
      stop();
      reader.following.delete(key);
      reader.states.delete(key);
      reader.awaited.delete(key);
    }
    for (const [key, secret] of secrets) {
      if (reader.following.has(key)) continue;
      let isFirst = true;
      const follower = this.#options.secrets.follow(secret, (state) => {
        reader.states.set(key, state);
        if (isFirst && state.state === "unknown") reader.awaited.add(key);
        else reader.awaited.delete(key);
        if (!isFirst) this.#again(id);
        isFirst = false;
      });
      reader.following.set(key, follower);
    }
  }

  #again(id: string): void {
    const reader = this.#readers.get(id);
    if (reader === undefined || reader.awaited.size > 0) return;
    this.#followAll(id, reader);
    if (reader.awaited.size === 0) this.#sink?.keep(this.#read(reader));
  }

  #stateOf({ object, states }: Reader<Source>): StateOf {
    const own = this.#options.namespaceOf(object);
    return (name, namespace = own) => states.get(keyOf(namespace, name)) ?? NOT_READ;
  }

  #read(reader: Reader<Source>): Parsed {
    return this.#options.parse(reader.object, this.#stateOf(reader));
  }

  #drop(id: string): void {
    for (const { stop } of this.#readers.get(id)?.following.values() ?? []) stop();
    this.#readers.delete(id);
  }

  #close(): void {
    for (const id of [...this.#readers.keys()]) this.#drop(id);
  }
}

function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

function idOf(parsed: Parsed): string {
  return "autoscaler" in parsed ? parsed.autoscaler.id : parsed.id;
}

/** The value of a key of a Secret, or why it is unknown. */
export function readCredential(secret: SecretState, key: string): ReturnType<SecretLookup> {
  if (secret.state === "missing") return { reason: "SecretMissing" };
  if (secret.state === "present") {
    const value = ownValue(secret.values, key);
    if (value === undefined) return { reason: "SecretKeyMissing" };
    return secret.allowedHosts === undefined ? value : { value, allowedHosts: secret.allowedHosts };
  }
  return { reason: secret.isForbidden ? "SecretForbidden" : "SecretUnreadable", because: secret.because };
}
