import { BlockList, isIP } from "node:net";
import { type ContextFactory, type HttpRequest, TidegateError } from "@tidegate/core-registry";

/**
 * `ip`: the client's IP address (S12.3). `X-Forwarded-For` is believed from the right, as far as trusted proxies wrote it.
 * @param trustedProxies addresses and subnets: `10.0.0.0/8`, `::1`. Default none: the socket's other end
 * @throws `CONFIG_INVALID` where one of them is neither
 */
export function ipContext(trustedProxies: readonly string[] = []): ContextFactory<string> {
  const trusted = blockList(trustedProxies);
  return {
    contract: 1,
    name: "ip",
    create: ({ request }) => clientAddress(request, (address) => contains(trusted, address)),
  };
}

function clientAddress(request: HttpRequest, trusted: (address: string) => boolean): string {
  let client = request.peer.address;
  const hops = trusted(client) ? (request.header("x-forwarded-for")?.split(",") ?? []) : [];
  for (const hop of hops.reverse()) {
    const address = hop.trim();
    if (isIP(address) === 0) return client;
    client = address;
    if (!trusted(address)) return client;
  }
  return client;
}

function contains(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 4 ? "ipv4" : "ipv6");
}

function blockList(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = "", bits] = entry.split("/");
    const family = isIP(address);
    const length = bits === undefined ? (family === 4 ? 32 : 128) : Number(bits);
    if (family === 0 || !Number.isInteger(length) || length < 0 || length > (family === 4 ? 32 : 128))
      throw new TidegateError(
        "CONFIG_INVALID",
        `The trusted proxy '${entry}' is neither an IP address nor a subnet such as 10.0.0.0/8.`,
      );
    list.addSubnet(address, length, family === 4 ? "ipv4" : "ipv6");
  }
  return list;
}
