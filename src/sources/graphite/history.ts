import type { History } from "../shared/history.ts";
import { HttpClient } from "../shared/http.ts";
import type { HttpSettings } from "../shared/http-settings.ts";
import type { SourceTools } from "../shared/source.ts";
import { pointsOf } from "./points-of.ts";
import { renderUrl } from "./render-url.ts";

/** The points of a series between two moments, as its archive has them. */
export function graphiteHistory(
  settings: HttpSettings & { readonly url: string; readonly query: string },
  tools: SourceTools,
): History {
  const http = new HttpClient(settings, tools);
  return {
    async read({ from, to }, signal) {
      // Graphite begins after its `from`, and may end with its `until`.
      const range = { from: String(Math.floor(from / 1000) - 1), until: String(Math.ceil(to / 1000)) };
      const url = renderUrl(settings.url, settings.query, range);
      const points = pointsOf(await http.json({ url, signal }), settings.query) ?? [];
      return { points: points.map(([value, second]) => ({ at: second * 1000, value: value ?? undefined })) };
    },
    close: () => http.close(),
  };
}
