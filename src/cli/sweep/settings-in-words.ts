import type { Settings } from "./settings.ts";

/** "targetMessagesPerWorker=5 minReplicas=1": by the fields' last names where these differ, else by their paths. */
export function settingsInWords(settings: Settings): string {
  const paths = Object.keys(settings);
  const names = shortNames(paths);
  return paths.map((path, index) => `${names[index]}=${settings[path]}`).join(" ");
}

/** The last part of each path, or all paths where two of them end alike. */
export function shortNames(paths: readonly string[]): readonly string[] {
  const names = paths.map((path) => path.split(".").at(-1) ?? path);
  return new Set(names).size < names.length ? paths : names;
}
