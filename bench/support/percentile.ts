/** The value below which `share` (0 to 1) of the samples lie; NaN without samples. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** "p50 3.1 ms, p99 8.0 ms, max 9.2 ms (100 rounds)". */
export function latencies(samples: readonly number[]): string {
  const [p50, p99, max] = [percentile(samples, 0.5), percentile(samples, 0.99), percentile(samples, 1)];
  return `p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}, max ${milliseconds(max)} (${samples.length} rounds)`;
}

/** Milliseconds as a person would write them: "3.1 ms", "1.24 s". */
export function milliseconds(value: number): string {
  if (value >= 1000) return `${(value / 1000).toFixed(2)} s`;
  return `${value < 100 ? value.toFixed(1) : value.toFixed(0)} ms`;
}
