import { expect, test } from "vitest";
import { ask, readPage, withRealAnswers } from "./page.ts";
import { startSystem, timeoutMs } from "./service-system.ts";

const Bearer = ({ credentials }: { readonly credentials: string }) => ({
  identity: credentials,
  scope: [credentials],
});

const slow = { timeout: 4 * timeoutMs };

test(
  "S18: the services of docs/services.md work as described, with and without mixin and preset",
  slow,
  async () => {
    const blocks = await readPage("docs/services.md");
    const shown = '{ namespace: "soccer", transporter: "TCP" }';
    const [service = "", plain = ""] = [...blocks("ts service"), ...blocks("ts plain")];
    const requests = blocks("text requests");
    expect(requests).toHaveLength(3);
    const { url, run, mounted } = await startSystem(["player", "laptop", "team"], {
      auth: { parsers: { Bearer } },
    });
    const served = async (index: number): Promise<void> => {
      expect(await withRealAnswers(requests[index] ?? "", url)).toBe(requests[index]);
    };

    // Its discovery by gossip takes longest.
    await run("team", plain, shown);
    const printed = await run("player", service, shown);
    await mounted("master player");
    await served(0);
    await printed.waitFor((line) => line.includes("GET /players/:id"), timeoutMs);
    await run("laptop", service, shown, { branch: "preview" });
    await mounted("preview player");
    await served(1);
    await mounted("master team");
    await served(2);
  },
);

test("S18: the service of README.md is complete, and a gateway without options serves it", slow, async () => {
  const [service = ""] = (await readPage("README.md"))("ts");
  const { url, run, mounted } = await startSystem(["player"]);
  await run("player", service, '{ transporter: "TCP" }');
  await mounted("master player");
  expect(await ask(`${url}/players/1`)).toEqual({ status: 200, body: '{"id":1,"name":"Ul Vimi"}' });
  expect(await ask(`${url}/players/0`)).toMatchObject({ status: 401 });
});
