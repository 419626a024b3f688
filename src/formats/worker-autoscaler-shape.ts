import * as z from "zod";
import { SOURCES } from "../sources/registry.generated.ts";
import { type JsonSchema, jsonSchemaOf } from "./shared/json-schema.ts";
import { statedSettings } from "./source-settings.ts";
import { workerAutoscalerSpec } from "./worker-autoscaler-schema.ts";

/** The `spec` with every source's own settings spelled out: what the CRD says. */
export function workerAutoscalerFullSpec() {
  const stated = SOURCES.map((type) => [type.type, statedSettings(type).optional()] as const);
  return workerAutoscalerSpec(z.object(Object.fromEntries(stated)));
}

let shape: JsonSchema | undefined;

/** The same as JSON Schema: which fields there are. Made when first asked for, as it takes its time. */
export function workerAutoscalerShape(): JsonSchema {
  shape ??= jsonSchemaOf(workerAutoscalerFullSpec());
  return shape;
}
