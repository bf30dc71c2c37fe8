import type { Finding, Origin } from "../contracts/finding.ts";
import type { Logger } from "../contracts/logger.ts";
import type { Assembled, Part, Protocol } from "../contracts/protocol.ts";
import type { Pace } from "./pace.ts";
import type { Parts } from "./parts.ts";

/** What assembling found wrong with one fragment. */
export interface AssemblyFault {
  /** Whose fragment. */
  readonly origin: Origin;
  /** What. */
  readonly finding: Finding;
}

/** What assembling needs. */
export interface AssembleOptions {
  /** The protocols, in order. */
  readonly protocols: readonly Protocol[];
  /** What was assembled before, or for the branch that is forked. */
  readonly previous: ReadonlyMap<string, Assembled> | undefined;
  /** Takes what the protocols write. */
  readonly logger: Logger;
  /** Fires when the result is not wanted any more. */
  readonly signal: AbortSignal;
  /** Gives the event loop its turns. */
  readonly pace: Pace;
}

/** Each protocol's whole of its parts, and what cannot be part of it. */
export async function assembleAll(
  parts: Parts,
  { protocols, previous, logger, signal, pace }: AssembleOptions,
): Promise<{
  readonly assembled: ReadonlyMap<string, Assembled>;
  readonly faults: readonly AssemblyFault[];
}> {
  const faults: AssemblyFault[] = [];
  const assembled = new Map<string, Assembled>();
  for (const protocol of protocols) {
    const own = parts.get(protocol.key) ?? new Map<string, Part>();
    const share =
      protocol.assemble === undefined
        ? new SideBySide(own)
        : protocol.assemble([...own.values()], {
            previous: previous?.get(protocol.key),
            addFinding: (origin, finding) => {
              if (finding.severity === "error") faults.push({ origin, finding });
            },
            logger,
            signal,
          });
    assembled.set(protocol.key, share instanceof Promise ? await share : share);
    await pace();
  }
  return { assembled, faults };
}

/** The routes and endpoints of parts that do not know of each other. */
class SideBySide implements Assembled {
  readonly routes: Assembled["routes"];
  readonly #parts: ReadonlyMap<string, Part>;

  constructor(parts: ReadonlyMap<string, Part>) {
    this.#parts = parts;
    this.routes = [...parts.values()].flatMap(({ compiled }) =>
      compiled.routes === undefined || compiled.routes.length === 0 ? [] : [compiled.routes],
    );
  }

  get endpoints(): Assembled["endpoints"] {
    return [...this.#parts.values()].flatMap(({ compiled, waiting }) =>
      waiting.size === 0 ? compiled.endpoints : compiled.endpoints.filter(({ key }) => !waiting.has(key)),
    );
  }
}
