/** Truth: folders on this disk, pip's forms of a requirement (PEP 508), and the same line as Python writes it. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { askPython } from "./python.js";
import { desk } from "./vscode_stand_in.js";

vi.mock("vscode", () => import("./vscode_stand_in.js"));
const { installArguments, installCommand, installRequirement, installsFor, withoutCredentials } =
  await import("../../extension_frontend/vscode/src/install_line.js");

const NAMED = "glasspane.installRequirement";
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "glasspane-install-"));
  mkdirSync(join(folder, "clone"));
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  desk.clear();
  desk.folders = [folder];
});

test.each([undefined, "", "  ", 3, null])("with the setting %j it is this version and no other", (given) => {
  desk.settings[NAMED] = given;
  expect(installRequirement()).toBe("glasspane[kernel]==0.1.0");
});

test("a place that is there comes with what a model needs, wherever pip starts", () => {
  const clone = join(folder, "clone");
  for (const given of [clone, "./clone", "$" + "{workspaceFolder}/clone", ` ${clone} `]) {
    desk.settings[NAMED] = given;
    expect(installRequirement(), given).toBe(`${clone}[kernel]`);
  }
  desk.settings[NAMED] = "./clone[kernel,lens]";
  expect(installRequirement()).toBe(`${clone}[kernel,lens]`);
  desk.settings[NAMED] = "~/";
  expect(installRequirement()).toBe(`${homedir()}[kernel]`);
});

test.each([
  "glasspane[kernel] @ https://example.org/glasspane.zip",
  "glasspane @ https://example.org/glasspane.zip",
  "git+https://example.org/glasspane.git@main",
  "glasspane[kernel]>=0.1",
  "clone",
  "/nowhere/clone",
  "nowhere.whl",
])("%s is left as it is", (given) => {
  desk.settings[NAMED] = given;
  expect(installRequirement()).toBe(given);
  expect(installArguments().at(-1)).toBe(given);
});

test.skipIf(process.platform === "win32")("a shell that is given the line runs nothing but it", () => {
  for (const given of [
    "glasspane @ https://example.org/$(echo run)`echo run`.zip",
    "glasspane ; python_version > '3' and os_name != \"nt\"",
    "it's !important \\\\ $HOME",
    "glasspane[kernel]==0.1.0",
  ]) {
    desk.settings[NAMED] = given;
    const line = installCommand("/$(echo run)/it's python");
    const [program = "", ...rest] = execFileSync("sh", ["-c", `printf '%s\\n' ${line}`], { encoding: "utf8" })
      .trimEnd()
      .split("\n");
    expect([program, rest.at(-1)]).toEqual(["/$(echo run)/it's python", given]);
  }
});

test("the line is the one Python writes, and is known to be for its interpreter", () => {
  const programs = [
    "/usr/bin/python3.11",
    "C:\\env-1\\Scripts\\python.exe",
    "/my env/bin/python",
    "/R&D/zoé",
    "/it's/$(echo run)",
  ];
  desk.settings[NAMED] = "glasspane[kernel]==$&";
  const script = `
import json, sys
from glasspane import version
version.install_requirement = lambda extra: "glasspane[kernel]==$&"
json.dump([version.install_command(each) for each in json.load(sys.stdin)], sys.stdout)
`;
  const lines = askPython<string[]>(script, programs);
  expect(programs.map(installCommand)).toEqual(lines);
  expect(programs.map((program) => lines.findIndex((line) => installsFor(program, line)))).toEqual([
    0, 1, 2, 3, 4,
  ]);
  expect(installsFor("/usr/bin/python3", lines[0] ?? "")).toBe(false);
});

test.each([
  ["git+https://user:TOKEN@example.org/glasspane.git@main", "git+https://…@example.org/glasspane.git@main"],
  ["glasspane @ https://SECRET@example.org/g.zip#egg=g", "glasspane @ https://…@example.org/g.zip#egg=g"],
  ["https://example.org/g.whl?private_token=SECRET&x=1", "https://example.org/g.whl?private_token=…&x=1"],
  ["glasspane[kernel]==0.1.0", "glasspane[kernel]==0.1.0"],
  ["git+ssh://git@example.org/g.git", "git+ssh://…@example.org/g.git"],
])("the log has %s without its credentials", (given, logged) => {
  desk.settings[NAMED] = given;
  expect(withoutCredentials(installCommand("/usr/bin/python3"))).toBe(
    `/usr/bin/python3 -m pip install --upgrade "${logged}"`,
  );
});
