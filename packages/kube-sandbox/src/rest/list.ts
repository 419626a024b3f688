import { type Fields, fieldsAt, type KubeObject, keyOf, numberAt, textAt, without } from "../objects.ts";
import { apiVersionOf, present } from "../resources/resource-type.ts";
import { parseFieldSelector, parseLabelSelector } from "../resources/selectors.ts";
import { metadataOnly, table } from "../table.ts";
import { type Call, type Cluster, shapeOf, type Target } from "./call.ts";
import { badRequest, expired, tooLargeResourceVersion } from "./status-error.ts";

/** Lists objects, all or by pages; later pages show the state at the time of the first. */
export function list(cluster: Cluster, target: Target, call: Call): Fields {
  const { served } = target;
  const shape = shapeOf(call);
  const selection = selectionOf(target, call.query);
  const page = pageOf(cluster, target, selection, call.query);
  const metadata = {
    resourceVersion: String(page.revision),
    ...(page.remaining > 0 && { continue: pageToken({ revision: page.revision, start: page.lastKey }) }),
    ...(page.remaining > 0 && selection.all && { remainingItemCount: page.remaining }),
  };
  const objects = page.objects.map((stored) => present(served, stored));
  if (shape.as === "table") {
    return table(served.version.columns, objects, { include: shape.include, now: cluster.now(), metadata });
  }
  if (shape.as === "metadata") {
    const items = objects.map(metadataOnly);
    return { kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1", metadata, items };
  }
  // Lists of built-in kinds do not repeat the kind in each item.
  const items = served.type.custom ? objects : objects.map((one) => without(one, "apiVersion", "kind"));
  return { kind: `${served.type.kind}List`, apiVersion: apiVersionOf(served), metadata, items };
}

function pageOf(cluster: Cluster, target: Target, selection: Selection, query: URLSearchParams) {
  const limit = Number(query.get("limit") ?? 0) || Number.POSITIVE_INFINITY;
  const token = query.get("continue") ?? "";
  const start = token === "" ? undefined : readPageToken(token);
  const revision = revisionOf(cluster, start, query);
  const all = snapshot(cluster, target, revision, start);
  const key = (object: KubeObject): string => keyOf(object.metadata.namespace, object.metadata.name);
  const wanted = all.filter((object) => (start === undefined || key(object) > start.start) && selection.has(object));
  const objects = wanted.slice(0, limit);
  const last = objects.at(-1);
  return {
    revision: revision ?? cluster.store.revision,
    objects,
    remaining: wanted.length - objects.length,
    lastKey: last === undefined ? "" : key(last),
  };
}

/** The revision that the list shows; undefined for the newest. */
function revisionOf(cluster: Cluster, start: PageToken | undefined, query: URLSearchParams): number | undefined {
  if (start !== undefined) return start.revision === -1 ? undefined : start.revision;
  const asked = Number(query.get("resourceVersion") ?? 0);
  if (asked > cluster.store.revision) throw tooLargeResourceVersion(asked, cluster.store.revision);
  return query.get("resourceVersionMatch") === "Exact" && asked > 0 ? asked : undefined;
}

function snapshot(
  cluster: Cluster,
  target: Target,
  revision: number | undefined,
  start: PageToken | undefined,
): readonly KubeObject[] {
  const id = target.served.type.id;
  if (revision === undefined) return cluster.store.list(id, target.namespace);
  const objects = cluster.store.listAt(revision, id, target.namespace);
  if (objects !== undefined) return objects;
  if (start === undefined) throw expired(`The resourceVersion for the provided list is too old.`);
  throw expired(CONTINUE_EXPIRED, { continue: pageToken({ revision: -1, start: start.start }) });
}

const CONTINUE_EXPIRED =
  "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

/** Where the next page of a list starts: after a key, at a revision (-1: the newest). */
interface PageToken {
  readonly revision: number;
  readonly start: string;
}

function pageToken({ revision, start }: PageToken): string {
  return Buffer.from(JSON.stringify({ v: "meta.k8s.io/v1", rv: revision, start })).toString("base64url");
}

function readPageToken(token: string): PageToken {
  let read: unknown;
  try {
    read = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
  } catch (error) {
    throw badRequest(`invalid continue token: continue key is not valid: ${(error as Error).message}`);
  }
  const revision = numberAt(read, "rv");
  if (revision === undefined)
    throw badRequest("invalid continue token: continue key is not valid: incorrect encoded start resourceVersion");
  return { revision, start: textAt(read, "start") };
}

/** The objects of a resource that a list or a watch selects. */
export interface Selection {
  readonly all: boolean;
  readonly has: (object: KubeObject) => boolean;
}

/** Reads labelSelector and fieldSelector; a name in the path selects one object. */
export function selectionOf(target: Target, query: URLSearchParams): Selection {
  const labels = query.get("labelSelector") ?? "";
  const fields = query.get("fieldSelector") ?? "";
  const labelTest = parseLabelSelector(labels);
  if (labelTest === undefined) throw badRequest(`unable to parse requirement: found '${labels}'`);
  const fieldTest = parseFieldSelector(fields, target.served.type);
  const { name, namespace } = target;
  return {
    all: labels === "" && fields === "" && name === undefined,
    has: (object) =>
      (namespace === undefined || object.metadata.namespace === namespace) &&
      (name === undefined || object.metadata.name === name) &&
      labelTest(fieldsAt(object, "metadata", "labels")) &&
      fieldTest(object),
  };
}
