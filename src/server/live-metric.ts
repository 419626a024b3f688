import { setImmediate as nextTurn } from "node:timers/promises";
import { Counter, Gauge, type Registry } from "prom-client";

/** One series of a live metric. */
export interface Series<Label extends string> {
  readonly labels: Readonly<Record<Label, string>>;
  readonly value: number;
}

export interface LiveMetricOptions<Label extends string> {
  readonly type: "gauge" | "counter";
  readonly name: string;
  readonly help: string;
  readonly labels: readonly Label[];
  /** Called on each scrape: what exists now is what is shown, and nothing is kept in between. */
  readonly series: () => Iterable<Series<Label>>;
}

/** A metric that is made when somebody asks for it: no cost between scrapes, no series that outlives its object. */
export function liveMetric<Label extends string>(registry: Registry, options: LiveMetricOptions<Label>): void {
  const { name, help, labels, series } = options;
  const Kind = options.type === "gauge" ? Gauge : Counter;
  const metric: Gauge<Label> | Counter<Label> = new Kind<Label>({
    name,
    help,
    labelNames: labels,
    registers: [registry],
  });
  const described = metric.get.bind(metric);
  metric.get = async () => {
    // Ten thousand objects are a lot of text: other work gets its turn between two metrics.
    await nextTurn();
    return { ...(await described()), values: [...series()] };
  };
}
