import { z } from "zod";
import { SOURCES } from "../sources/registry.generated.ts";
import { jsonSchemaOf } from "./shared/json-schema.ts";
import { statedSettings } from "./source-settings.ts";
import { workerAutoscalerSpec } from "./worker-autoscaler-schema.ts";

const eachSource = z.object(Object.fromEntries(SOURCES.map((type) => [type.type, statedSettings(type).optional()])));

/** The `spec` with every source's own settings spelled out: what the CRD says. */
export const workerAutoscalerFullSpec = workerAutoscalerSpec(eachSource);

/** The same as JSON Schema: which fields there are. */
export const WORKER_AUTOSCALER_SHAPE = jsonSchemaOf(workerAutoscalerFullSpec);
