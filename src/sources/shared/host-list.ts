import { BlockList, isIP } from "node:net";

interface Subnet {
  readonly base: string;
  readonly prefix: number;
  readonly family: "ipv4" | "ipv6";
}

/** Hosts by name (`db.example.com`, `*.example.com`), address (`10.1.2.3`, `::1`) or network (`10.0.0.0/8`). */
export class HostList {
  readonly #names: readonly string[];
  readonly #subnets: readonly Subnet[];
  readonly #addresses = new BlockList();

  constructor(entries: readonly string[]) {
    const subnets = entries.map(subnetIn);
    this.#names = entries.filter((_, index) => subnets[index] === undefined).map(nameIn);
    this.#subnets = subnets.filter((subnet) => subnet !== undefined);
    for (const { base, prefix, family } of this.#subnets) this.#addresses.addSubnet(base, prefix, family);
  }

  /** A list as a flag or an annotation has it: separated by commas or spaces. Throws an Error made for people. */
  static parse(text: string): HostList {
    return new HostList(text.split(/[\s,]+/).filter(Boolean));
  }

  get isEmpty(): boolean {
    return this.#names.length === 0 && this.#subnets.length === 0;
  }

  /** Whether the host, as it is written, is in the list. */
  hasHost(host: string): boolean {
    if (isIP(plainHost(host))) return this.hasAddress(plainHost(host));
    const name = plainHost(host);
    return this.#names.some((entry) => (entry.startsWith("*.") ? name.endsWith(entry.slice(1)) : name === entry));
  }

  /** An IPv4 address within an IPv6 one is checked as both. */
  hasAddress(address: string): boolean {
    const [plain = ""] = address.split("%", 1);
    if (isIP(plain) === 4) return this.#addresses.check(plain, "ipv4");
    const isListed = (within: string) => this.#addresses.check(within, "ipv4");
    return this.#addresses.check(plain, "ipv6") || embeddedIpv4(plain).some(isListed);
  }

  /** The networks of this list that lie wholly within one of the other's, and all else. */
  split(other: HostList): { readonly within: HostList; readonly rest: HostList } {
    const isWithin = (subnet: Subnet) => other.#subnets.some((range) => contains(range, subnet));
    const written = (subnets: readonly Subnet[]) => subnets.map(({ base, prefix }) => `${base}/${prefix}`);
    return {
      within: new HostList(written(this.#subnets.filter(isWithin))),
      rest: new HostList([...this.#names, ...written(this.#subnets.filter((subnet) => !isWithin(subnet)))]),
    };
  }
}

/** A host without brackets and final dot, in lower case. */
export function plainHost(host: string): string {
  return host
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "")
    .toLowerCase();
}

function contains(range: Subnet, { base, prefix, family }: Subnet): boolean {
  if (range.family !== family || prefix < range.prefix) return false;
  const list = new BlockList();
  list.addSubnet(range.base, range.prefix, range.family);
  return list.check(base, family);
}

function subnetIn(entry: string): Subnet | undefined {
  const [address = "", prefix, ...more] = entry.replace(/^\[(.*)\]$/, "$1").split("/");
  const version = isIP(address);
  if (version === 0 && prefix === undefined) return undefined;
  const most = version === 4 ? 32 : 128;
  const bits = prefix === undefined ? most : Number(prefix);
  if (version === 0 || more.length > 0 || prefix === "" || !Number.isInteger(bits) || bits < 0 || bits > most) {
    throw new Error(`expected a network such as 10.0.0.0/8 or fd00::/8, got "${entry}"`);
  }
  return { base: address, prefix: bits, family: version === 4 ? "ipv4" : "ipv6" };
}

function nameIn(entry: string): string {
  const name = plainHost(entry);
  if (/^(\*\.)?[a-z\d_-]+(\.[a-z\d_-]+)*$/.test(name) && !/^[\d.]+$/.test(name)) return name;
  throw new Error(`expected a host name, *.example.com, an address or a network, got "${entry}"`);
}

/**
 * The IPv4 addresses that an address of IPv6 leads to: mapped (RFC 4291), translated (RFC 2765), compatible, NAT64 (RFC 6052,
 * RFC 8215), 6to4, ISATAP and Teredo, whose address of the client is inverted.
 */
function embeddedIpv4(address: string): readonly string[] {
  const groups = groupsOf(address);
  if (groups === undefined) return [];
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, high = 0, low = 0] = groups;
  const dotted = (first: number, last: number) => [first >> 8, first & 255, last >> 8, last & 255].join(".");
  const begin = groups
    .slice(0, 6)
    .map((group) => group.toString(16))
    .join(":");
  const isAtEnd =
    /^0:0:0:0:(?:0:ffff|ffff:0)$|^64:ff9b:0:0:0:0$|^64:ff9b:1:|:(?:0|200):5efe$/.test(begin) ||
    (begin === "0:0:0:0:0:0" && high > 0);
  return [
    ...(isAtEnd ? [dotted(high, low)] : []),
    ...(a === 0x2002 ? [dotted(b, c)] : []),
    // After a prefix of 48 bits, around an octet that is zero.
    ...(begin.startsWith("64:ff9b:1:") ? [dotted(d, ((e & 255) << 8) | (f >> 8))] : []),
    ...(a === 0x2001 && b === 0 ? [dotted(c, d), dotted(high ^ 0xffff, low ^ 0xffff)] : []),
  ];
}

function groupsOf(address: string): readonly number[] | undefined {
  if (!URL.canParse(`http://[${address}]`)) return undefined;
  const [before = "", after] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const parse = (text = "") => (text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16)));
  const [left, right] = [parse(before), parse(after)];
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
}
