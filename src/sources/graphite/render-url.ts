import { withPath } from "../shared/http.ts";

/** PHPA puts the query into the URL raw, so it may begin with `target=`, be percent-encoded and carry more parameters. */
export function renderUrl(base: string, query: string, range: Readonly<Record<string, string>> = {}): URL {
  const url = withPath(base, "render/");
  const [, ...parameters] = withoutPrefix(query).split("&");
  const target = targetOf(query);
  const search = new URLSearchParams([["target", target], ...new URLSearchParams(parameters.join("&"))]);
  search.set("format", "json");
  for (const [name, value] of Object.entries(range)) search.set(name, value);
  url.search = search.toString();
  return url;
}

/** The target itself, as Graphite reads it. */
export function targetOf(query: string): string {
  const [target = ""] = withoutPrefix(query).split("&");
  return decode(target);
}

function withoutPrefix(query: string): string {
  return query.replace(/^[?&]?target=/, "");
}

/** A `+` is a plus sign in Graphite's functions, not a space; a lone `%` is itself. */
function decode(target: string): string {
  return target.replace(/(?:%[0-9a-f]{2})+/gi, (escaped) => {
    try {
      return decodeURIComponent(escaped);
    } catch {
      return escaped;
    }
  });
}
