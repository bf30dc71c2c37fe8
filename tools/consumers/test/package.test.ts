import { execFile } from "node:child_process";
import { cp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { nodeVersions } from "../src/node-versions.ts";
import { installBefore, needNode, slow } from "./support.ts";

const run = promisify(execFile);
const createProject = installBefore(["@tidegate/service-moleculer"]);

test.for(["fragment", "service-moleculer"])(
  "%s is published with its build, its source and its README, and nothing else",
  { timeout: slow },
  async (name) => {
    const { folder } = await createProject(`content-${name}`);
    const content = join(folder, "../node_modules/@tidegate", name);
    const files = await readdir(content, { recursive: true });
    const others = files.filter(
      (file) => !/^(LICENSE|README\.md|(dist\/)?package\.json)$|\.([cm]?[jt]s|map|tgz)$/.test(file),
    );
    expect(others.filter((file) => !/^(dist|esm|src)(\/[\w-]+)*$/.test(file))).toEqual([]);
    expect(files).toContain("dist/index.d.ts");
  },
);

describe.for(nodeVersions)("service-moleculer on Node $major (S13.1)", { timeout: slow }, (node) => {
  /** Runs CommonJS, and returns what it prints as JSON. */
  const resultOf = async (name: string, text: string): Promise<unknown> => {
    const project = await createProject(`${name}-${node.major}`);
    await project.write("main.js", text);
    const { stdout } = await run(node.path, ["main.js"], { cwd: project.folder });
    return JSON.parse(stdout);
  };

  test("`require` and `import` return the same functions", async (context) => {
    needNode(context, node);
    const text = `
      (async () => {
        const equal = {};
        for (const entry of ["", "/wire", "/source"]) {
          const required = require("@tidegate/service-moleculer" + entry);
          const imported = { ...(await import("@tidegate/service-moleculer" + entry)) };
          // Node adds these names to every CommonJS module, the second one since version 23.
          delete imported.__esModule;
          delete imported["module.exports"];
          equal[entry] = [
            Object.keys(required).sort().join() === Object.keys(imported).sort().join(),
            Object.keys(required).every((name) => required[name] === imported[name]),
          ];
        }
        console.log(JSON.stringify(equal));
      })();`;
    expect(await resultOf("same", text)).toEqual({
      "": [true, true],
      "/wire": [true, true],
      "/source": [true, true],
    });
  });

  test("it loads nothing but itself and Moleculer", async (context) => {
    needNode(context, node);
    const text = `
      require("moleculer");
      const before = new Set(Object.keys(require.cache));
      require("@tidegate/service-moleculer");
      const files = Object.keys(require.cache).filter((file) => !before.has(file));
      const others = files.filter((file) => !file.includes("/@tidegate/service-moleculer/dist/"));
      console.log(JSON.stringify({ own: files.length - others.length, others }));`;
    expect(await resultOf("loads", text)).toEqual({ own: expect.any(Number), others: [] });
  });

  test("two copies patch one broker once", async (context) => {
    needNode(context, node);
    const project = await createProject(`copies-${node.major}`);
    const one = join(project.folder, "../node_modules/@tidegate/service-moleculer");
    await cp(one, join(project.folder, "copy/node_modules/@tidegate/service-moleculer"), { recursive: true });
    await project.write("copy/index.js", 'module.exports = require("@tidegate/service-moleculer");');
    await project.write(
      "main.js",
      `
      const { ServiceBroker } = require("moleculer");
      const first = require("@tidegate/service-moleculer");
      const second = require("./copy/index.js");
      const options = { logger: false, transporter: { type: "TCP", options: { udpDiscovery: false } } };
      const listeners = (broker) => broker.localBus.eventNames().map((name) => broker.localBus.listenerCount(name));
      const methods = ({ registry, transit }) => [
        registry.regenerateLocalRawInfo, registry.discoverer.sendLocalNodeInfo, transit.disconnect,
        transit.requestHandler, transit.sendResponse, transit.tx.deserialize,
      ];
      const broker = new ServiceBroker(first.preset(options));
      const before = [...methods(broker), ...listeners(broker)];
      broker.createService({ name: "player", mixins: [second.tidegate()] });
      const after = [...methods(broker), ...listeners(broker)];
      const one = new ServiceBroker(first.preset({ ...options, nodeID: "one" }));
      const both = new ServiceBroker(second.preset({ ...first.preset(options), nodeID: "both" }));
      console.log(JSON.stringify({
        copies: first.tidegate !== second.tidegate,
        mixin: before.length === after.length && before.every((value, index) => value === after[index]),
        preset: listeners(one).join() === listeners(both).join(),
      }));`,
    );
    const { stdout } = await run(node.path, ["main.js"], { cwd: project.folder });
    expect(JSON.parse(stdout)).toEqual({ copies: true, mixin: true, preset: true });
  });
});
