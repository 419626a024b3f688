import type { Scalar } from "./field-values.ts";

/** Values by the paths of their fields. */
export type Settings = Readonly<Record<string, Scalar>>;
