import { dirname, resolve } from "node:path";
import type { ValueOrigin } from "./file-credentials.ts";
import { FileValue } from "./file-value.ts";
import { pemFromBase64 } from "./pem.ts";
import type { Placed } from "./read-kubeconfig.ts";

/** A kubeconfig's PEM field: `NAME-data` (base64, wins) or `NAME` (a path). */
export function valueOrigin<Field extends string>(
  { file, value }: Placed<{ readonly [key in Field | `${Field}-data`]?: string | null | undefined }>,
  field: Field,
  where: string,
): ValueOrigin | undefined {
  const data: string | null | undefined = value[`${field}-data`];
  if (data) return { text: pemFromBase64(data, `${field}-data of ${where}`) };
  const path: string | null | undefined = value[field];
  return path ? fileOrigin(file, path, `${field} of ${where}`) : undefined;
}

/** A path that counts from the folder of the kubeconfig it stands in. */
export function fileOrigin(kubeconfig: string, path: string, what: string): ValueOrigin & { file: FileValue } {
  return { file: new FileValue(resolve(dirname(kubeconfig), path), what), what };
}
