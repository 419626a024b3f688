import { setImmediate as nextTurn } from "node:timers/promises";
import type { AutoscalerView } from "../controller/autoscaler-view.ts";
import type { Controller } from "../controller/controller.ts";
import { type decide, type Instant, type Situation, whatWouldChange, withoutAgeing } from "../core/index.ts";
import { type Journal, matchesOrigin } from "../journal/journal.ts";
import { type JournalRecord, toEntry } from "../journal/journal-record.ts";

/** What the API reads. */
interface ApiGround {
  readonly controller: Controller;
  readonly journal: Journal;
  readonly decide: typeof decide;
  readonly now: () => Instant;
  /** Whether the answer to a misspelt name may list names in other namespaces. */
  readonly tellsAllNames: boolean;
}

export interface ApiAnswer {
  readonly code: number;
  readonly body: object;
}

const USUAL_LIMIT = 100;
const LARGEST_LIMIT = 1_000;
/** The most names in one answer. */
const MOST_NAMES = 1_000;
const KNOWN = ["namespace", "name", "kind", "since", "limit"];

/** GET /api/v1/journal: decisions, oldest first, and the autoscalers that the query matches. */
export function journalAnswer(
  query: URLSearchParams,
  { controller, journal, now, tellsAllNames }: ApiGround,
): ApiAnswer {
  const unknown = [...query.keys()].find((key) => !KNOWN.includes(key));
  if (unknown !== undefined) return badRequest(`unknown parameter ${unknown}: expected ${KNOWN.join(", ")}`);
  const limit = Number(query.get("limit") ?? USUAL_LIMIT);
  if (!Number.isInteger(limit) || limit < 1 || limit > LARGEST_LIMIT) {
    return badRequest(`limit: expected a whole number from 1 to ${LARGEST_LIMIT}, got "${query.get("limit")}"`);
  }
  const since = query.get("since");
  const sinceAt = since === null ? undefined : Date.parse(since);
  if (Number.isNaN(sinceAt)) return badRequest(`since: expected a time such as 2026-01-02T03:04:05Z, got "${since}"`);
  const of = (key: string) => query.get(key) ?? undefined;
  const asked = { namespace: of("namespace"), name: of("name"), kind: of("kind") };
  const autoscalers = [...controller.views()].filter(({ origin }) => matchesOrigin(origin, asked));
  return {
    code: 200,
    body: {
      now: new Date(now()).toISOString(),
      leader: controller.isLeading,
      autoscalers: autoscalers
        .slice(0, MOST_NAMES)
        .map(({ id, origin: { kind, namespace, name } }) => ({ id, kind, namespace, name })),
      // For misspelt names.
      ...(autoscalers.length === 0
        ? { names: listNames(controller, tellsAllNames ? undefined : asked.namespace) }
        : {}),
      entries: journal.entries({ ...asked, since: sinceAt, limit }),
    },
  };
}

/** GET /api/v1/autoscalers/NAMESPACE/NAME: its conditions, its newest decision, and what would change that. */
export function autoscalerAnswer(path: string, query: URLSearchParams, ground: ApiGround): ApiAnswer {
  const [namespace = "", name = "", ...rest] = path.split("/");
  if (rest.length > 0 || name === "") return badRequest("expected /api/v1/autoscalers/NAMESPACE/NAME");
  const kind = query.get("kind") ?? undefined;
  const found = [...ground.controller.views()].filter(({ origin }) => matchesOrigin(origin, { namespace, name, kind }));
  const [view] = found;
  if (view === undefined)
    return { code: 404, body: errorStatus(404, "NotFound", `there is no autoscaler ${namespace}/${name}`) };
  if (found.length > 1) {
    const kinds = found.map(({ origin }) => origin.kind).join(", ");
    return badRequest(`${namespace}/${name} is the name of several (${kinds}): say which with kind=`);
  }
  const newest = ground.journal.newest(view.id);
  const { account: _, ...about } = objectStatus(view);
  return {
    code: 200,
    body: {
      now: new Date(ground.now()).toISOString(),
      leader: ground.controller.isLeading,
      ...about,
      profile: view.autoscaler?.profile,
      conditions: view.account?.conditions ?? [],
      currentReplicas: view.account?.currentReplicas,
      newest: newest && toEntry(newest),
      whatWouldChange: whatWouldChangeFor(view, newest, ground),
    },
  };
}

/** An error as Kubernetes answers it, which its clients understand. */
export function errorStatus(code: number, reason: string, message: string): object {
  return { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message };
}

function badRequest(message: string): ApiAnswer {
  return { code: 400, body: errorStatus(400, "BadRequest", message) };
}

/** `namespace`: of that one alone. */
function listNames(controller: Controller, namespace: string | undefined): readonly string[] {
  const origins = [...controller.views()].map(({ origin }) => origin);
  return origins
    .filter((origin) => matchesOrigin(origin, { namespace }))
    .slice(0, MOST_NAMES)
    .map((origin) => `${origin.namespace}/${origin.name}`);
}

/** Undefined where nothing is decided now: no workload, not leading, an invalid object. */
function whatWouldChangeFor(view: AutoscalerView, newest: JournalRecord | undefined, { decide, now }: ApiGround) {
  const { autoscaler, account } = view;
  if (autoscaler === undefined || newest === undefined || account?.decision === undefined) return undefined;
  const situation: Situation = {
    autoscaler: withoutAgeing(autoscaler, view.waiting),
    currentReplicas: account.currentReplicas ?? newest.currentReplicas,
    signals: newest.signals,
    memory: newest.decision.memory,
    now: Math.max(now(), newest.until),
  };
  const { later, ...rest } = whatWouldChange(situation, decide);
  return later === undefined ? rest : { ...rest, later: { ...later, at: new Date(later.at).toISOString() } };
}

/** Objects written between two turns of the event loop. */
const OBJECTS_A_TURN = 100;

/** What the controller did and why, as JSON text in pieces: for ten thousand objects it is long. */
export async function* statusPage(controller: Controller): AsyncGenerator<string> {
  yield `{"leader":${controller.isLeading},"objects":[`;
  let written = 0;
  for (const view of controller.views()) {
    yield `${written === 0 ? "" : ","}${JSON.stringify(objectStatus(view))}`;
    written += 1;
    if (written % OBJECTS_A_TURN === 0) await nextTurn();
  }
  yield "]}\n";
}

/** One object's part of it. Never its sources' settings, which may hold credentials. */
export function objectStatus({ id, origin, autoscaler, account }: AutoscalerView) {
  return {
    id,
    ...{ kind: origin.kind, namespace: origin.namespace, name: origin.name, file: origin.file },
    target: autoscaler?.target,
    mode: autoscaler?.mode,
    minReplicas: account?.minReplicas ?? autoscaler?.minReplicas,
    maxReplicas: account?.maxReplicas ?? autoscaler?.maxReplicas,
    account,
  };
}
