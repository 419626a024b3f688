import { lookup as lookupName } from "node:dns";
import { connect as connectTcp, isIP, type LookupFunction, Socket, type TcpNetConnectOpts } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { promisify } from "node:util";
import type { AnswerLimit } from "./answer-limits.ts";
import { HostList, plainHost } from "./host-list.ts";
import { excerpt } from "./safe-text.ts";
import { SourceError } from "./source-error.ts";

/** What an operator says of the network. */
export interface NetworkRules {
  /** Hosts that may be connected to; empty: all. Networks within the refused ranges lift that refusal alone. */
  readonly allow?: HostList;
  readonly deny?: HostList;
  /** Endpoints that may be sent requests with AWS signatures besides AWS's own. */
  readonly allowAwsEndpoints?: HostList;
  /** Whether sources of objects may connect to this machine itself. Sources of the operator's own files always may. */
  readonly loopback?: "allowed" | "refused";
}

/** What a client of a server with a protocol of its own needs of a source's tools. */
export type DialTools = AnswerLimit & { readonly network: Network };

/** Addresses that lead to the machine's own metadata service, and so to its credentials, or are of no use to a source. */
const LINK_LOCAL = [
  ...["169.254.0.0/16", "fe80::/10", "fd00:ec2::/64", "fd20:ce::254/128"],
  // Alibaba Cloud's, Azure's and Oracle Cloud's metadata services.
  ...["100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32"],
];
const METADATA_NAMES = ["metadata.google.internal", "metadata.goog"];
/** The unspecified addresses lead to the machine itself, too. */
const LOOPBACK = ["127.0.0.0/8", "::1/128", "0.0.0.0/8", "::/128"];

const linkLocal = new HostList([...LINK_LOCAL, ...METADATA_NAMES]);
const loopback = new HostList(LOOPBACK);
const refusable = new HostList([...LINK_LOCAL, ...LOOPBACK]);
const NONE = new HostList([]);

/**
 * The network as sources may use it. An object's author chooses where the controller connects to, so every connection of
 * a source is made here or with this `lookup`: the address checked is the address connected to.
 */
export class Network {
  readonly #rules: NetworkRules;
  readonly #lifted: HostList;
  readonly #only: HostList;

  constructor(rules: NetworkRules = {}) {
    this.#rules = rules;
    const { within, rest } = (rules.allow ?? NONE).split(refusable);
    this.#lifted = within;
    this.#only = rest;
  }

  /** The same for sources that the operator has configured. */
  get operators(): Network {
    return new Network({ ...this.#rules, loopback: "allowed" });
  }

  /** Throws where the host, as it is written, may not be connected to. Names are checked again by their addresses. */
  check(written: string): void {
    const host = plainHost(written);
    if (!/^[\p{L}\p{N}._:%*-]+$/u.test(host)) throw refused(written, "expected a host name or an address");
    if (isIP(host.split("%", 1)[0] ?? "")) {
      this.#checkAddress(host, host);
      return;
    }
    if (this.#rules.deny?.hasHost(host)) throw refused(host, "--deny-source-hosts has it");
    if (linkLocal.hasHost(host)) throw refused(host, "it is a metadata service");
  }

  /** The same where a proxy finds the addresses of names, so that names alone can be known. */
  checkThroughProxy(written: string): void {
    this.check(written);
    const isKnown = isIP(plainHost(written)) > 0 || this.#only.isEmpty || this.#only.hasHost(written);
    if (!isKnown)
      throw refused(plainHost(written), "--allow-source-hosts does not have that name, and a proxy is used");
  }

  /** Throws where requests with the controller's AWS signature may not be sent there. */
  checkAwsEndpoint(endpoint: string, isAwsHost: boolean): void {
    const { protocol, hostname, origin } = new URL(endpoint);
    const host = plainHost(hostname);
    if (this.#rules.allowAwsEndpoints?.hasHost(host)) return;
    if (isAwsHost && protocol === "https:") return;
    const isLocal = host === "localhost" || loopback.hasHost(host);
    if (isLocal && this.#rules.loopback !== "refused") return;
    const why = isAwsHost ? "is not encrypted" : "is not AWS's";
    const remedy = `to send requests with the controller's AWS signature there, name ${host} in --allow-aws-endpoints or set AWS_ENDPOINT_URL`;
    throw new SourceError("Unauthorized", `the endpoint ${origin} ${why}: ${remedy}`);
  }

  /** For Node's sockets: finds the addresses of a name, and gives those alone that may be connected to. */
  readonly lookup: LookupFunction = (host, options, callback) => {
    lookupName(host, options, (error, address, family) => {
      if (error) return callback(error, address, family);
      try {
        for (const one of [address].flat()) this.#checkAddress(typeof one === "string" ? one : one.address, host);
      } catch (refusal) {
        return callback(refusal as SourceError, address, family);
      }
      callback(null, address, family);
    });
  };

  /** All addresses of a host, for a library that makes its sockets itself. */
  async addresses(host: string): Promise<readonly string[]> {
    this.check(host);
    const found = await promisify(lookupName)(plainHost(host), { all: true });
    for (const { address } of found) this.#checkAddress(address, host);
    return found.map(({ address }) => address);
  }

  /** Connects, with TLS where `tls` is given. A host that may not be connected to fails the socket. */
  connect(where: TcpNetConnectOpts & { readonly host: string }, tls?: ConnectionOptions): Socket {
    try {
      this.check(where.host);
    } catch (refusal) {
      const socket = new Socket();
      // Without a listener, the error would end the process.
      socket.on("error", () => undefined);
      return socket.destroy(refusal as SourceError);
    }
    const guarded = { ...where, host: plainHost(where.host), lookup: this.lookup };
    return tls === undefined ? connectTcp(guarded) : connectTls({ ...guarded, ...tls });
  }

  /** A socket for a library that connects it itself. */
  socket(): Socket {
    const socket = new Socket();
    const connect = socket.connect.bind(socket);
    return Object.assign(socket, {
      connect: (port: number, host: string) => connect({ port, host, lookup: this.lookup }),
    });
  }

  #checkAddress(address: string, host: string): void {
    const { deny, loopback: own } = this.#rules;
    const shown = address === host ? address : `${host} (${address})`;
    if (deny?.hasAddress(address)) throw refused(shown, "--deny-source-hosts has it");
    if (this.#lifted.hasAddress(address)) return;
    if (linkLocal.hasAddress(address)) {
      throw refused(
        shown,
        "link-local addresses and metadata services are refused, unless --allow-source-hosts has them",
      );
    }
    if (own === "refused" && loopback.hasAddress(address)) {
      const remedy =
        "objects in a cluster may not lead to the controller's own pod, unless --allow-source-hosts has it";
      throw refused(shown, remedy);
    }
    if (this.#only.isEmpty || this.#only.hasHost(host) || this.#only.hasAddress(address)) return;
    throw refused(shown, "--allow-source-hosts does not have it");
  }
}

function refused(host: string, because: string): SourceError {
  return new SourceError("Unauthorized", `connections of sources to ${excerpt(host)} are refused: ${because}`);
}
