import { Counter, Gauge, type Registry } from "@prometheus-io/client";

export interface LiveMetricOptions {
  readonly type: "gauge" | "counter";
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly series: () => { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

/** A metric whose values are read when a scrape asks for them. */
export function liveMetric(registry: Registry, { type, name, help, labels, series }: LiveMetricOptions): void {
  const options = { name, help, labelNames: labels, registers: [registry] };
  if (type === "gauge") {
    new Gauge<string>({
      ...options,
      collect() {
        this.reset();
        for (const { labels: of, value } of series()) this.set({ ...of }, value);
      },
    });
    return;
  }
  new Counter<string>({
    ...options,
    collect() {
      this.reset();
      for (const { labels: of, value } of series()) this.inc({ ...of }, value);
    },
  });
}
