import { BlockList, isIP } from "node:net";
import {
  type AccessChange,
  type CompiledRule,
  definePolicy,
  type Json,
  type Policy,
  type PolicyTools,
} from "@tidegate/core-registry";
import { z } from "zod";

declare module "@tidegate/core-registry" {
  interface FragmentRule {
    /** Addresses and subnets of the clients that have access, such as `10.0.0.0/8`. */
    readonly ip?: readonly string[] | undefined;
  }
}

/** The member of a rule that belongs to this policy. */
export interface IpRule {
  /** Addresses and subnets of IPv4 and IPv6, at least one. */
  readonly ip: readonly string[];
}

/** A parsed subnet. An address is a subnet of its own length. */
interface Subnet {
  readonly address: string;
  readonly family: "ipv4" | "ipv6";
  readonly prefix: number;
  /** The length of the prefix in IPv6, where the IPv4 addresses are below `::ffff:0:0/96`. */
  readonly bits: number;
}

const schema: z.ZodType<IpRule> = z.strictObject({
  ip: z
    .array(
      z.string().refine((text) => parseSubnet(text) !== undefined, {
        error: "Expected an address or a subnet, such as `10.0.0.0/8` or `2001:db8::/32`.",
      }),
    )
    .min(1, "An empty list denies every client: list a subnet, or `::/0` to allow all clients."),
});

/**
 * Creates the policy `ip`: a rule passes where the address of the client is in one of the rule's subnets. The
 * address is the context value `ip`. An IPv4 address and its IPv6 form (`::ffff:10.0.0.1`) are the same.
 */
export function ipRanges(): Policy<IpRule> {
  return definePolicy({ name: "ip", members: ["ip"], schema, compile, compare });
}

function compile({ ip: subnets }: IpRule, { contexts, addFinding }: PolicyTools): CompiledRule {
  if (!contexts.includes("ip"))
    addFinding({
      severity: "error",
      code: "CONTEXT_MISSING",
      jsonPath: "ip",
      message: "The gateway has no context value `ip`, so the rule would deny every client.",
    });
  const list = blockListOf(subnets);
  return {
    reads: ["ip"],
    cache: "identity",
    requirements: [...new Set(subnets)].sort(),
    decide: ({ scope }) => {
      const address = addressOf(scope.context.view("ip"));
      if (address !== undefined && list.check(address, familyOf(address))) return true;
      const reason = `The address ${address ?? "is unknown, and"} is not in ${subnets.join(", ")}.`;
      return { allowed: false, code: "FORBIDDEN", reason };
    },
  };
}

/** More subnets allow more clients: a change is wider where every old subnet is below a new one. */
function compare(before: Json, after: Json): AccessChange {
  const [old, current] = [subnetsOf(before), subnetsOf(after)];
  if (old === undefined || current === undefined) return "unclear";
  if (areCovered(old, current)) return "wider";
  return areCovered(current, old) ? "narrower" : "unclear";
}

function areCovered(inner: readonly Subnet[], outer: readonly Subnet[]): boolean {
  return inner.every((one) => outer.some((other) => covers(other, one)));
}

function covers(outer: Subnet, inner: Subnet): boolean {
  if (outer.bits > inner.bits) return false;
  const list = new BlockList();
  list.addSubnet(outer.address, outer.prefix, outer.family);
  return list.check(inner.address, inner.family);
}

function subnetsOf(requirements: Json): readonly Subnet[] | undefined {
  if (!Array.isArray(requirements)) return undefined;
  const subnets = requirements.map((text) => (typeof text === "string" ? parseSubnet(text) : undefined));
  const parsed = subnets.filter((subnet) => subnet !== undefined);
  return parsed.length === subnets.length ? parsed : undefined;
}

function blockListOf(subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of subnets) {
    const subnet = parseSubnet(text);
    if (subnet !== undefined) list.addSubnet(subnet.address, subnet.prefix, subnet.family);
  }
  return list;
}

function parseSubnet(text: string): Subnet | undefined {
  const [, address = "", length] = /^([0-9a-f.:]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0) return undefined;
  const family = version === 4 ? "ipv4" : "ipv6";
  const maxPrefix = version === 4 ? 32 : 128;
  const prefix = length === undefined ? maxPrefix : Number(length);
  if (prefix > maxPrefix) return undefined;
  return { address, family, prefix, bits: version === 4 ? prefix + 96 : prefix };
}

/** Returns the address without the zone of a link-local address, such as `%eth0`. */
function addressOf(ip: unknown): string | undefined {
  const address = typeof ip === "string" ? ip.replace(/%.*$/, "") : "";
  return isIP(address) === 0 ? undefined : address;
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 4 ? "ipv4" : "ipv6";
}
