import type { WorkloadReference } from "../../core/index.ts";
import type { ApiClient } from "../transport/api-client.ts";
import { readScale, type Scale } from "./scale-subresource.ts";
import { findWorkloadKind } from "./workload-kind.ts";

/** Reads a workload's scale once, with no watch: for programs that look, act and end. Rejects with a KubernetesError. */
export async function readWorkloadScale(
  client: ApiClient,
  workload: WorkloadReference,
  signal: AbortSignal,
): Promise<Scale> {
  const { resource } = await findWorkloadKind(client, workload, signal);
  return readScale(client, resource, workload, signal);
}
