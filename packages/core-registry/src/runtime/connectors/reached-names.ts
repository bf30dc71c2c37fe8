import type { AccessKind } from "../../contracts/policy.ts";
import { isFunctionText } from "../names.ts";
import { isObject } from "../values.ts";

/** The actions and events that the connectors of one fragment reach, by kind of access (S1.2). */
export class ReachedNames {
  readonly #names: Readonly<Record<AccessKind, Set<string>>> = {
    call: new Set(),
    publish: new Set(),
    subscribe: new Set(),
  };
  readonly #dynamic = new Set<AccessKind>();

  /** Adds the name of an action or event, or a subscribed pattern. */
  add(kind: AccessKind, name: string): void {
    this.#names[kind].add(name);
  }

  /** Notes that a function computes names of this kind: any name can be reached. */
  addFunction(kind: AccessKind): void {
    this.#dynamic.add(kind);
  }

  /** The names of a kind; undefined where a function computes some of them. */
  of(kind: AccessKind): ReadonlySet<string> | undefined {
    return this.#dynamic.has(kind) ? undefined : this.#names[kind];
  }

  /**
   * Adds what the text of a part names where the notation of connectors has a name. A part with an error has
   * connectors that were not compiled, and a rule for one of them is no mistake.
   */
  addFromText(part: unknown): void {
    if (Array.isArray(part)) for (const item of part) this.addFromText(item);
    if (!isObject(part)) return;
    for (const [key, value] of Object.entries(part)) {
      const texts = (Array.isArray(value) ? value : [value]).filter((text) => typeof text === "string");
      for (const text of texts) this.#addText(key, text);
      this.addFromText(value);
    }
  }

  #addText(key: string, text: string): void {
    if (key === "call" || key === "action") this.add("call", text);
    if (key !== "event" && key !== "events") return;
    const kind = key === "event" ? "publish" : "subscribe";
    if (isFunctionText(text)) this.addFunction(kind);
    else this.add(kind, text);
  }
}
