const SUFFIXES: Readonly<Record<string, number>> = {
  "": 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** Kubernetes' quantities, such as "500m", "1k" and "2Gi"; undefined where it is none. */
export function quantity(written: unknown): number | undefined {
  if (typeof written === "number") return written;
  const match = /^([-+]?[0-9]*\.?[0-9]+(?:e[-+]?[0-9]+)?)([a-zA-Z]*)$/.exec(typeof written === "string" ? written : "");
  const factor = SUFFIXES[match?.[2] ?? "none"];
  return match === null || factor === undefined ? undefined : Number(match[1]) * factor;
}
