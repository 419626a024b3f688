import type { SourceReference } from "../core/index.ts";
import type { EngineEvent } from "../engine/events.ts";
import type { Activity } from "../engine/poller.ts";
import type { Access, SharedPoller, SourceFacts } from "../engine/shared-polls.ts";
import { serverOf } from "../sources/shared/share.ts";
import type { SourceTools, SourceType } from "../sources/shared/source.ts";
import { SourceError } from "../sources/shared/source-error.ts";
import { readSeconds } from "../sources/shared/time-limit.ts";
import { type Clock, WaitLimit } from "./clock.ts";
import { Gate } from "./gate.ts";
import type { Log } from "./log.ts";
import { PolledSource, type SourceSurroundings } from "./polled-source.ts";
import type { Telemetry } from "./telemetry.ts";

export interface PolledSourcesOptions {
  readonly sourceType: (type: string) => SourceType | undefined;
  readonly tools: SourceTools;
  readonly log: Log;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  /** Polls under way at once, for each type of source. */
  readonly pollsInFlight: number;
  readonly report: (event: EngineEvent) => void;
}

/** Of a source of a type that this process does not have: it is polled, and fails, like any other. */
const NO_PACE = { movingSeconds: 60, steadySeconds: 60 };
const WARN_AGAIN_MILLISECONDS = 10 * 60_000;

/** Every source that is polled: opened with its first poll, closed when no signal asks it. */
export class PolledSources {
  readonly #options: PolledSourcesOptions;
  readonly #around: SourceSurroundings;
  readonly #byPoller = new Map<SharedPoller, PolledSource>();
  readonly #gates = new Map<string, Gate>();
  /** When a namespace was last warned of its large answers. */
  readonly #warnedOf = new Map<string, number>();
  readonly #closing = new Set<Promise<void>>();

  constructor(options: PolledSourcesOptions) {
    this.#options = options;
    const { clock, telemetry, log, report } = options;
    this.#around = {
      ...{ clock, telemetry, report },
      waitLimit: new WaitLimit(clock),
      putOff: (type, namespace, milliseconds) => this.#notePutOff(type, namespace, milliseconds),
      answered: (type, message, answer) =>
        log.debug("A server's answer could not be used", { source: type, detail: message, answer }),
      broke: (type, error) => this.#complain("Exception", "A poll ended on an unexpected error", type, error),
    };
  }

  facts({ type, settings }: SourceReference): SourceFacts {
    return { pace: this.#options.sourceType(type)?.pace ?? NO_PACE, server: serverOf(type, settings) };
  }

  carryOut(poller: SharedPoller, activity: Activity): void {
    if (activity === "closed") this.#close(poller);
    else this.#source(poller).carryOut(activity);
  }

  /** Resolves when the sources that are closing have been given back. */
  async closed(): Promise<void> {
    await Promise.all(this.#closing);
  }

  #source(poller: SharedPoller): PolledSource {
    let source = this.#byPoller.get(poller);
    if (source === undefined) {
      source = this.#open(poller);
      this.#byPoller.set(poller, source);
    }
    return source;
  }

  #open(poller: SharedPoller): PolledSource {
    const { type: name, settings } = poller.reference;
    const tools = toolsFor(poller.access, this.#options.tools);
    const connect = (spent: (milliseconds: number) => void) => {
      const type = this.#options.sourceType(name);
      if (type === undefined) throw new SourceError("NotFound", `there is no source of type "${name}"`);
      return type.connect(settings, { ...tools, spent });
    };
    const terms = { poller, connect, readSeconds: readSeconds(settings), gate: this.#gate(name) };
    return new PolledSource(terms, this.#around);
  }

  #close(poller: SharedPoller): void {
    const source = this.#byPoller.get(poller);
    if (source === undefined) return;
    this.#byPoller.delete(poller);
    const closing = source
      .close()
      .catch((error: unknown) => this.#complain("Close", "A source did not close", poller.reference.type, error))
      .finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  #gate(type: string): Gate {
    let gate = this.#gates.get(type);
    if (gate === undefined) {
      gate = new Gate(this.#options.pollsInFlight, this.#options.clock);
      this.#gates.set(type, gate);
    }
    return gate;
  }

  #notePutOff(source: string, namespace: string, milliseconds: number): void {
    const { telemetry, log, clock } = this.#options;
    telemetry.putOff(source, milliseconds / 1000);
    const now = clock.monotonic();
    if (now < (this.#warnedOf.get(namespace) ?? Number.NEGATIVE_INFINITY) + WARN_AGAIN_MILLISECONDS) return;
    this.#warnedOf.set(namespace, now);
    log.warn("Large answers take more than their share of time: their sources are read less often", {
      namespace,
      source,
      seconds: Math.round(milliseconds / 1000),
    });
  }

  #complain(kind: string, what: string, source: string, error: unknown): void {
    this.#options.telemetry.failed(`Source/${kind}`);
    this.#options.log.warn(what, { source, error: String(error) });
  }
}

/** What a source is handed. A source of a file shares nothing with those of objects. */
export function toolsFor({ mayTouch, isOperators }: Access, tools: SourceTools): SourceTools {
  const may = { ...tools, mayTouch: mayTouch && tools.mayTouch };
  if (!isOperators) return may;
  const share: SourceTools["share"] = (key, make) => tools.share(`of a file: ${key}`, make);
  return { ...may, network: tools.network.operators, share };
}
