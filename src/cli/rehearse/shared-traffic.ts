import type { Traffic } from "../../lab/traffic/traffic.ts";

/** The same traffic in memory that all threads share, instead of a copy for each. */
export function sharedTraffic({ at, counts, spans, serviceMs, ...rest }: Traffic): Traffic {
  return {
    ...rest,
    at: shared(at),
    ...(counts === undefined ? {} : { counts: shared(counts) }),
    ...(spans === undefined ? {} : { spans: shared(spans) }),
    ...(serviceMs === undefined ? {} : { serviceMs: shared(serviceMs) }),
  };
}

function shared(column: Float64Array): Float64Array {
  const copy = new Float64Array(new SharedArrayBuffer(column.byteLength));
  copy.set(column);
  return copy;
}
