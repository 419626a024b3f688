import { HostList } from "../../sources/shared/host-list.ts";
import { Network } from "../../sources/shared/network.ts";
import { environmentNames } from "../run/run-flags.ts";
import { UserError } from "./user-error.ts";

/** The flags of `muster run` that say where sources may connect to. */
export interface NetworkFlags {
  readonly allowSourceHosts?: string;
  readonly denySourceHosts?: string;
  readonly allowAwsEndpoints?: string;
}

/** Kubernetes sets the variable in every container, whatever the process connects to the API server by. */
export function isInPod(environment: Readonly<Record<string, string | undefined>> = process.env): boolean {
  return Boolean(environment.KUBERNETES_SERVICE_HOST);
}

/** The network as sources of a controller with these flags may use it; a UserError names the flag that is wrong. */
export function sourceNetwork(flags: NetworkFlags, inPod: boolean): Network {
  return new Network({
    allow: listOf("--allow-source-hosts", flags.allowSourceHosts),
    deny: listOf("--deny-source-hosts", flags.denySourceHosts),
    allowAwsEndpoints: listOf("--allow-aws-endpoints", flags.allowAwsEndpoints),
    loopback: inPod ? "refused" : "allowed",
  });
}

/** The network of a command that reads sources from the user's own machine: the controller's variables count here, too. */
export function localNetwork(): Network {
  const variable = (flag: string) =>
    environmentNames(flag)
      .map((name) => process.env[name])
      .find(Boolean) ?? "";
  return sourceNetwork(
    {
      allowSourceHosts: variable("--allow-source-hosts"),
      denySourceHosts: variable("--deny-source-hosts"),
      allowAwsEndpoints: variable("--allow-aws-endpoints"),
    },
    false,
  );
}

function listOf(flag: string, text = ""): HostList {
  try {
    return HostList.parse(text);
  } catch (error) {
    throw new UserError(`${flag}: ${(error as Error).message}`);
  }
}
