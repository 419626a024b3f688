import { UserError } from "../../shared/user-error.ts";
import { SOURCES } from "../../sources/registry.generated.ts";
import type { SourceType } from "../../sources/shared/source.ts";

/** The sources that --queue-services lets queueURIs name; an empty list means all of them. */
export function queueServices(list: string): readonly SourceType[] {
  const names = list
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const known = SOURCES.filter(({ fromQueueUri }) => fromQueueUri !== undefined);
  const unknown = names.filter((name) => !known.some(({ type }) => type === name));
  if (unknown.length > 0) {
    const kinds = known.map(({ type }) => type).join(", ");
    throw new UserError(`expected --queue-services of ${kinds}, got ${unknown.join(", ")}`);
  }
  return names.length === 0 ? known : known.filter(({ type }) => names.includes(type));
}
