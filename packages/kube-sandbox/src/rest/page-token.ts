import { numberAt, textAt } from "../objects/fields.ts";
import { badRequest } from "./status-error.ts";

/** Where the next page of a list starts: after a key, as things were at a revision (-1: as they are now). */
export interface PageToken {
  readonly revision: number;
  readonly start: string;
}

export function pageToken({ revision, start }: PageToken): string {
  return Buffer.from(JSON.stringify({ v: "meta.k8s.io/v1", rv: revision, start })).toString("base64url");
}

export function readPageToken(token: string): PageToken {
  let read: unknown;
  try {
    read = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
  } catch (error) {
    throw badRequest(
      `invalid continue token: continue key is not valid: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const revision = numberAt(read, "rv");
  if (revision === undefined)
    throw badRequest("invalid continue token: continue key is not valid: incorrect encoded start resourceVersion");
  return { revision, start: textAt(read, "start") };
}
