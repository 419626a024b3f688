import * as z from "zod";
import { UserError } from "../shared/user-error.ts";
import { autoscalerAnswer, type Explanation, type Question, requireOneKind, unknownAutoscaler } from "./explain.ts";
import type { JournalEntry } from "./journal-entry.ts";

const RESOURCES = [
  { kind: "WorkerPodAutoScaler", path: "k8s.practo.dev/v1", plural: "workerpodautoscalers" },
  { kind: "WorkerAutoscaler", path: "muster.dev/v1alpha1", plural: "workerautoscalers" },
] as const;

const listAnswer = z.object({
  items: z.array(z.object({ metadata: z.object({ name: z.string() }), spec: z.unknown(), status: z.unknown() })),
});

const count = z.number().optional().catch(undefined);
const step = z.object({ rule: z.string(), from: z.number(), to: z.number(), because: z.string() });
const storedStatus = z.object({
  conditions: autoscalerAnswer.shape.conditions.catch([]),
  CurrentReplicas: count,
  currentReplicas: count,
  minReplicas: count,
  maxReplicas: count,
  lastDecision: z
    .object({
      time: z.iso.datetime(),
      from: z.number(),
      desiredReplicas: z.number(),
      direction: z.enum(["up", "down", "none"]),
      steps: z.array(step).default([]),
      wouldChange: z.array(z.string()).optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
  lastScaling: z.object({ time: z.iso.datetime(), from: z.number(), to: z.number() }).optional().catch(undefined),
  CurrentMessages: count,
  signals: z
    .array(
      z.object({
        name: z.string(),
        trust: z.enum(["ok", "zero", "absent", "stale", "failing", "implausible"]),
        value: count,
        recommendedReplicas: count,
        learned: z
          .object({
            secondsPerMessage: z.number(),
            messages: z.number(),
            time: z.iso.datetime(),
            variation: z.number().optional(),
          })
          .transform(({ time, ...rest }) => ({ ...rest, at: time }))
          .optional()
          .catch(undefined),
      }),
    )
    .optional()
    .catch(undefined),
});
const writtenSpec = z
  .object({
    minReplicas: z.number().default(0),
    maxReplicas: z.number().default(0),
    mode: z.enum(["Active", "DryRun", "Paused"]).default("Active").catch("Active"),
  })
  .catch({ minReplicas: 0, maxReplicas: 0, mode: "Active" });

/** A GET to the API server; `what` is said in its errors. */
type Get = (path: string, what: string) => Promise<unknown>;

/** What the object's status says about its last decision. Rejects with a UserError where there is no such object. */
export async function askStatus(get: Get, question: Question): Promise<Explanation> {
  const { namespace, name } = question;
  const kinds = RESOURCES.filter(({ kind }) => question.kind === undefined || question.kind === kind);
  const items = (await Promise.all(kinds.map((resource) => listObjects(get, namespace, resource)))).flat();
  const found = items.filter(({ metadata }) => metadata.name === name);
  const [first] = found;
  if (first === undefined) {
    const names = items.map(({ metadata }) => `${namespace}/${metadata.name}`);
    const where = "among the cluster's objects, and PHPA files are known to the controller alone";
    throw unknownAutoscaler(question, names, where);
  }
  requireOneKind(
    found.map(({ kind }) => kind),
    question,
  );
  if (question.at !== undefined || question.last > 1) {
    throw new UserError(
      "only the last decision is in the object's status: --at and --last need the controller (--server, --service) or its --journal",
    );
  }
  const status = storedStatus.parse(first.status ?? {});
  const entry = toEntry(first.kind, question, writtenSpec.parse(first.spec), status);
  return {
    ...{ from: "the object's status, which is brought up to date when something changes", tried: [] },
    id: `${first.kind}/${namespace}/${name}`,
    conditions: status.conditions,
    entries: entry === undefined ? [] : [entry],
    ...(status.lastDecision?.wouldChange && { wouldHaveChanged: status.lastDecision.wouldChange }),
  };
}

async function listObjects(get: Get, namespace: string, { kind, path, plural }: (typeof RESOURCES)[number]) {
  try {
    const answer = await get(`/apis/${path}/namespaces/${encodeURIComponent(namespace)}/${plural}`, `list ${plural}`);
    return listAnswer.parse(answer).items.map((item) => ({ ...item, kind }));
  } catch (error) {
    // A cluster without this kind of object.
    if ((error as { kind?: unknown }).kind === "NotFound") return [];
    throw error;
  }
}

function toEntry(
  kind: "WorkerPodAutoScaler" | "WorkerAutoscaler",
  { namespace, name }: Question,
  spec: z.output<typeof writtenSpec>,
  status: z.output<typeof storedStatus>,
): JournalEntry | undefined {
  const { lastDecision: last, CurrentMessages: messages } = status;
  if (last === undefined) return undefined;
  const isTrue = (wanted: string) => status.conditions.find(({ type, status }) => type === wanted && status === "True");
  const [limited, fallback] = [isTrue("ScalingLimited"), isTrue("FallbackActive")];
  const queue =
    messages === undefined ? [] : [{ name: "queue", trust: messages === 0 ? "zero" : "ok", value: messages } as const];
  return {
    ...{ id: `${kind}/${namespace}/${name}`, kind, namespace, name },
    profile: kind === "WorkerAutoscaler" ? "worker-autoscaler" : "worker-pod-autoscaler",
    ...{ at: last.time, until: last.time, count: 1, ...spec, ...toBounds(status) },
    currentReplicas: status.currentReplicas ?? status.CurrentReplicas ?? last.from,
    desiredReplicas: last.desiredReplicas,
    direction: last.direction,
    signals: status.signals ?? queue,
    steps: last.steps,
    ...(fallback && { fallback: { since: fallback.lastTransitionTime ?? last.time, message: fallback.message } }),
    ...(limited === undefined ? {} : { limited }),
    ...toOutcome(last, spec.mode, status.lastScaling),
  };
}

type Stored = z.output<typeof storedStatus>;

/** A schedule sets others than the spec's. */
function toBounds({ minReplicas, maxReplicas }: Stored): Partial<Pick<JournalEntry, "minReplicas" | "maxReplicas">> {
  return { ...(minReplicas !== undefined && { minReplicas }), ...(maxReplicas !== undefined && { maxReplicas }) };
}

function toOutcome(
  { direction, time, desiredReplicas }: NonNullable<Stored["lastDecision"]>,
  mode: JournalEntry["mode"],
  scaling: Stored["lastScaling"],
): Pick<JournalEntry, "outcome" | "scaled"> {
  if (direction === "none") return { outcome: "NothingToDo" };
  if (mode === "DryRun") return { outcome: "DryRun" };
  if (scaling === undefined || scaling.to !== desiredReplicas || Date.parse(scaling.time) < Date.parse(time)) {
    return { outcome: "Pending" };
  }
  return { outcome: "Scaled", scaled: { at: scaling.time, from: scaling.from, to: scaling.to } };
}
