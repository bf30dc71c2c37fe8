import { type ContextFactory, defineContext } from "@tidegate/core-registry";

/** The customer to whom a request belongs, as its host name says. */
export interface Tenant {
  /** The label in front of the domain, in lower case: `acme` of `acme.example.com`. */
  readonly name: string;
  /** The host as the client sent it. Only the gateway's own code sees it. */
  readonly host: string;
}

/** The options of the context value. */
export interface TenantOptions {
  /** The domain below which every tenant has its host, such as `example.com`. */
  readonly domain: string;
}

const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Creates the context value `tenant` (`@context.tenant`): the name of the tenant in the host name of the
 * request. Undefined where the host is not directly below the domain.
 */
export function tenant({ domain }: TenantOptions): ContextFactory<Tenant | undefined> {
  const suffix = `.${domain.toLowerCase()}`;
  return defineContext<Tenant | undefined>({
    name: "tenant",
    create: ({ request }) => {
      const host = request.header("host") ?? "";
      const hostname = host.toLowerCase().replace(/:\d+$/, "").replace(/\.$/, "");
      if (!hostname.endsWith(suffix)) return undefined;
      const name = hostname.slice(0, -suffix.length);
      return label.test(name) ? { name, host } : undefined;
    },
    view: (value) => value?.name,
  });
}
