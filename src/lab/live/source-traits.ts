import type { Window } from "./sight.ts";

/** What a kind of source tells beside its value, and how late. */
export interface SourceTraits {
  /** Wakes at once when the first message comes to an empty queue. */
  readonly waits?: true;
  /** Messages waiting and in flight apart. */
  readonly counts?: true;
  /** Counters of what came and what was finished: always, or with the setting of that name. */
  readonly flow?: true | string;
  readonly arrivals?: Window;
  /** Messages finished in each minute of that time. */
  readonly completions?: Window;
  /** count: how many workers wait for work. allOrNone: whether anything was taken in that time. */
  readonly idle?: "count" | Window;
}

const LAST_MINUTE: Window = { windowSeconds: 60, delaySeconds: 0 };

/** As the sources in src/sources read them. One that is not here tells its value and nothing else. */
const TRAITS: Readonly<Record<string, SourceTraits>> = {
  // CloudWatch's sums: five minutes that end five minutes ago, ten that end ten minutes ago.
  sqs: {
    waits: true,
    counts: true,
    arrivals: { windowSeconds: 300, delaySeconds: 300 },
    idle: { windowSeconds: 600, delaySeconds: 600 },
    completions: { windowSeconds: 300, delaySeconds: 300 },
  },
  beanstalkd: { waits: true, counts: true, flow: true, idle: "count" },
  redis: { waits: true, flow: "group" },
  rabbitmq: { counts: true, flow: "managementUrl", arrivals: LAST_MINUTE },
  kafka: { flow: true },
  "nats-jetstream": { counts: true },
};

export function traitsOf(sourceType: string): SourceTraits {
  return TRAITS[sourceType] ?? {};
}
