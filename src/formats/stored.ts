import type { Instant } from "../core/index.ts";

/** A part of a status as the API server has it. */
export type Stored = Readonly<Record<string, unknown>>;

export function record(value: unknown): Stored {
  return typeof value === "object" && value !== null ? (value as Stored) : {};
}

export function list(value: unknown): readonly Stored[] {
  return Array.isArray(value) ? Array.from(value, record) : [];
}

/** A text, or a number or boolean that was meant as one; empty for all else, which may have no text at all. */
export function toText(value: unknown): string {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

/** RFC 3339 to the second, as Kubernetes writes times. */
export function rfc3339(instant: Instant): string;
export function rfc3339(instant: Instant | undefined): string | undefined;
export function rfc3339(instant: Instant | undefined): string | undefined {
  return instant === undefined ? undefined : `${new Date(instant).toISOString().slice(0, 19)}Z`;
}
