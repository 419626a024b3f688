import { Counter, Gauge, type Registry } from "prom-client";

export interface LiveMetricOptions<Label extends string> {
  readonly type: "gauge" | "counter";
  readonly name: string;
  readonly help: string;
  readonly labels: readonly Label[];
  readonly series: () => { readonly labels: Readonly<Record<Label, string>>; readonly value: number }[];
}

/** A metric that is made when somebody asks for it, of what there is then. */
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
  metric.get = async () => ({ ...(await described()), values: series() });
}
