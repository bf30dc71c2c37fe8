import type { Report } from "@tidegate/core-registry";

/** What a service has printed of the reports on it. Bounded. */
export interface Printed {
  /**
   * Whether a report is to be printed; true counts as printed. Several gateways say the same, each in its own time: what
   * another one said within half a minute is an echo. What a gateway says again after something else is news: the fault is
   * mended.
   */
  isNews(report: Partial<Report>): boolean;
}

interface Print {
  readonly table: string;
  readonly at: number;
  readonly gateways: Set<unknown>;
}

const echoMs = 30_000;
const mostPrints = 50;
const mostSubjects = 100;

/** Has printed nothing. @param now milliseconds. Default: the machine's clock */
export function createPrinted(now: () => number = Date.now): Printed {
  const subjects = new Map<string, Print[]>();

  const printsOf = (subject: string): Print[] => {
    const prints = subjects.get(subject) ?? [];
    subjects.delete(subject);
    subjects.set(subject, prints);
    for (const oldest of subjects.size > mostSubjects ? [...subjects.keys()].slice(0, 1) : [])
      subjects.delete(oldest);
    return prints;
  };

  return {
    isNews({ gateway, service, branch, occasion, table }) {
      if (typeof table !== "string") return false;
      const prints = printsOf(JSON.stringify([service, branch, occasion === "runtime"]));
      const spoken = prints.findLastIndex(({ gateways }) => gateways.has(gateway));
      const oldest = now() - echoMs;
      // The last one is how things are, however long ago it was said.
      const echo = prints.find(
        (print, index) =>
          print.table === table && index >= spoken && (print.at >= oldest || index === prints.length - 1),
      );
      if (echo !== undefined) {
        echo.gateways.add(gateway);
        return false;
      }
      prints.push({ table, at: now(), gateways: new Set([gateway]) });
      if (prints.length > mostPrints) prints.shift();
      return true;
    },
  };
}
