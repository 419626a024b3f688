import { BEHAVIOURS, type Behaviour, type SetStage } from "./stage.ts";

/** The stage of a source without a server: its settings alone. */
export function noServer(settings: Record<string, unknown>): SetStage {
  return async () => ({ settings, close: async () => undefined });
}

/** Why such a source shows no other behaviour than to work. */
export const ASKS_NOBODY: Partial<Record<Behaviour, string>> = Object.fromEntries(
  Object.keys(BEHAVIOURS)
    .filter((behaviour) => behaviour !== "working")
    .map((behaviour) => [behaviour, "there is no server that could"]),
);
