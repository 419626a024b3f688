import { nearName } from "../../shared/near-name.ts";

/** What is wrong with the name of a time zone; undefined where nothing is. */
export function timeZoneProblem(name: string): string | undefined {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return undefined;
  } catch {
    const known = Intl.supportedValuesOf("timeZone");
    const city = known.find((zone) => zone.split("/").at(-1)?.toLowerCase() === name.trim().toLowerCase());
    const near = city ?? nearName(name, known);
    const hint = near === undefined ? "" : `; did you mean ${near}?`;
    return `expected an IANA time zone such as Europe/Berlin, got "${name}"${hint}`;
  }
}
