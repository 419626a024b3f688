import { setImmediate as nextTurn } from "node:timers/promises";
import type { Controller } from "../controller/controller.ts";
import type { Held } from "../controller/held.ts";

/** Objects written between two turns of the event loop. */
const OBJECTS_A_TURN = 100;

/** What the controller did and why, as JSON text in pieces: for ten thousand objects it is long. */
export async function* statusPage(controller: Controller): AsyncGenerator<string> {
  yield `{"leader":${controller.isLeading},"objects":[`;
  let written = 0;
  for (const held of controller.held()) {
    yield `${written === 0 ? "" : ","}${JSON.stringify(objectStatus(held))}`;
    written += 1;
    if (written % OBJECTS_A_TURN === 0) await nextTurn();
  }
  yield "]}\n";
}

/** One object's part of it. Never its sources' settings, which may hold credentials. */
export function objectStatus({ id, origin, autoscaler, account }: Held) {
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
