/** Truth: VS Code's rules for a manifest, the bundles' entry points, the palette and the method table. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { heatColourName, heatLineName, namedColours } from "../../extension_frontend/core/src/palette.js";
import { MIME_TYPE } from "../../extension_frontend/core/src/protocol.js";

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const text = (path: string) => readFileSync(at(path), "utf8");
const json = (path: string) => JSON.parse(text(path));

interface MenuItem {
  readonly command?: string;
  readonly submenu?: string;
}
const manifest = json("extension_frontend/vscode/package.json");
const workspace = json("package.json");
const { contributes } = manifest;
const commands: string[] = contributes.commands.map(({ command }: { command: string }) => command);
const inExtension = (path: string) => existsSync(at(`extension_frontend/vscode/${path}`));

describe("commands", () => {
  test("stand once each, with the category", () => {
    expect(new Set(commands).size).toBe(commands.length);
    for (const { title, category } of contributes.commands) {
      expect(category).toBe("Glasspane");
      expect(title).not.toMatch(/^Glasspane/);
    }
  });

  test("that are named anywhere exist", () => {
    const items = Object.values<MenuItem[]>(contributes.menus).flat();
    const walkthrough = JSON.stringify(contributes.walkthroughs);
    const inWalkthrough = [...walkthrough.matchAll(/(?:command|onCommand):(glasspane\.\w+)/g)];
    const named = [
      ...items.flatMap(({ command }) => command ?? []),
      ...contributes.keybindings.map(({ command }: MenuItem) => command),
      ...inWalkthrough.map(([, id]) => id),
    ];
    expect(commands).toEqual(expect.arrayContaining(named));
    expect(named.length).toBeGreaterThan(10);
  });

  test("are those that the extension registers", () => {
    const listed = /COMMANDS = \[(?<names>[^\]]*)\]/.exec(text("extension_frontend/vscode/src/extension.ts"));
    const names = [...(listed?.groups?.names ?? "").matchAll(/"(\w+)"/g)].map(
      ([, name]) => `glasspane.${name}`,
    );
    expect(names.sort()).toEqual([...commands].sort());
  });

  test("submenus that are shown exist and are filled", () => {
    const ids = contributes.submenus.map(({ id }: { id: string }) => id);
    const items = Object.values<MenuItem[]>(contributes.menus).flat();
    for (const { submenu } of items) if (submenu !== undefined) expect(ids).toContain(submenu);
    for (const id of ids) expect(contributes.menus[id].length).toBeGreaterThan(0);
  });

  test("Escape is left to others", () => {
    for (const { key } of contributes.keybindings) expect(key).not.toMatch(/escape/i);
  });
});

describe("colours", () => {
  test("are the palette's", () => {
    expect(contributes.colors, "run extension_frontend/core/write_palette.mjs").toEqual(namedColours());
  });

  test("follow VS Code's rules and name every mark", () => {
    const ids = new Set<string>();
    for (const { id, defaults } of namedColours()) {
      expect(id).toMatch(/^\w+(\.\w+)+$/);
      for (const value of Object.values(defaults)) expect(value).toMatch(/^#[0-9A-F]{8}$/);
      ids.add(id);
    }
    for (const sign of ["for", "against", "unsigned"] as const) {
      expect(ids).toContain(heatLineName(sign));
      for (const level of [1, 2, 3, 4, 5]) expect(ids).toContain(heatColourName({ level: -level, sign }));
    }
    expect(ids).toContain("glasspane.heat.text");
    expect(ids.size).toBe(19);
    expect(heatColourName({ level: 0, sign: "for" })).toBeNull();
    expect(heatColourName({ level: 5, sign: "none" })).toBeNull();
    expect(heatLineName("none")).toBeNull();
  });

  test("say the same as the style sheet", () => {
    const rgb = (hex: string) =>
      [1, 3, 5].map((start) => Number.parseInt(hex.slice(start, start + 2), 16)).join(" ");
    const css = text("extension_frontend/core/style/palette.css");
    for (const { id, defaults } of namedColours()) {
      // As VS Code writes it: of the dots only the first becomes a dash.
      const name = id.replace(".", "-").replace(".", "\\\\\\.");
      const fallbacks = css.matchAll(new RegExp(`var\\(--vscode-${name}, rgb\\((?<rgb>[\\d ]+)`, "g"));
      const { light, dark, highContrastLight, highContrast } = defaults;
      expect([...fallbacks].map(({ groups }) => groups?.rgb?.trim())).toEqual(
        [light, dark, highContrastLight, highContrast].map(rgb),
      );
    }
  });
});

test("the choices of the default method are those of the method table", () => {
  const page = text("docs/methods.md");
  const setting = contributes.configuration.properties["glasspane.defaultMethod"];
  const headings = [...page.matchAll(/^## `([\w:]+)`: (.+)$/gm)];
  const message = "run extension_frontend/vscode/write_methods.mjs";
  expect(setting.enum, message).toEqual(headings.map(([, name]) => name));
  expect(setting.enumItemLabels, message).toEqual(headings.map(([, , label]) => label));
  for (const summary of setting.enumDescriptions) expect(page, message).toContain(`\n${summary}\n`);
  expect(setting.enum).toContain(setting.default);
});

test("settings that both hosts have say and mean the same", () => {
  const there = json("extension_frontend/jupyterlab/schema/plugin.json").properties;
  for (const name of [
    "defaultSubject",
    "fallbackSubject",
    "defaultMethod",
    "askBeforeEvaluating",
    "checkWhenQuick",
    "auditOnSave",
    "auditOnSaveCalls",
  ]) {
    const here = contributes.configuration.properties[`glasspane.${name}`];
    expect(here.default).toBe(there[name].default);
    expect(here.type).toBe(there[name].type);
  }
});

test("the settings stand with the same meaning in both pages, with the manifest's defaults in one", () => {
  const rowsOf = (page: string) =>
    [...text(page).matchAll(/^\| `(glasspane\.\w+)` \|(.+)\|$/gm)].map(([, name, cells]) => ({
      name,
      cells: (cells ?? "").split("|").map((each) => each.trim()),
    }));
  const whole = rowsOf("docs/vscode.md");
  const short = rowsOf("extension_frontend/vscode/README.md");
  const { properties } = contributes.configuration;
  expect(whole.map(({ name }) => name).sort()).toEqual(Object.keys(properties).sort());
  expect(short).toEqual(whole.map(({ name, cells }) => ({ name, cells: [cells[1]] })));
  for (const { name, cells } of whole) {
    const { default: given } = properties[name ?? ""];
    expect(cells[0], name).toBe(
      typeof given === "boolean" ? (given ? "on" : "off") : given === "" ? "" : `\`${given}\``,
    );
  }
});

test("what may run code is not read from a folder that is not trusted", () => {
  const { untrustedWorkspaces } = manifest.capabilities;
  const { properties } = contributes.configuration;
  for (const name of untrustedWorkspaces.restrictedConfigurations) expect(properties).toHaveProperty([name]);
  for (const [name, { scope }] of Object.entries<{ scope: string }>(properties)) {
    if (scope === "machine-overridable") expect(untrustedWorkspaces.restrictedConfigurations).toContain(name);
  }
});

test("what may cost money is a person's own choice, never a folder's", () => {
  const { properties } = contributes.configuration;
  for (const name of ["glasspane.auditOnSave", "glasspane.auditOnSaveCalls"])
    expect(properties[name].scope).toBe("application");
});

test("the renderer takes what the kernel sends", () => {
  const [renderer] = contributes.notebookRenderer;
  expect(renderer.mimeTypes).toEqual([MIME_TYPE]);
  // It is one script that needs nothing of the extension.
  expect(renderer).not.toHaveProperty("requiresMessaging");
});

test("every file named is there; bundles come from a source of the build", () => {
  const build = text("extension_frontend/vscode/build.mjs");
  expect(manifest.main).toBe("./dist/extension.js");
  expect(build).toContain('"src/extension.ts"');
  expect(contributes.notebookRenderer[0].entrypoint).toBe("./dist/renderer.js");
  expect(build).toContain('renderer: "src/renderer/output.ts"');
  expect(inExtension(manifest.icon)).toBe(true);
  for (const { media } of contributes.walkthroughs[0].steps)
    expect(inExtension(media.svg ?? media.markdown)).toBe(true);
  const shown = contributes.walkthroughs[0].steps.map(
    ({ media }: { media: Record<string, string> }) => media.svg ?? media.markdown,
  );
  const drawn = readdirSync(at("extension_frontend/vscode/walkthrough")).map((name) => `walkthrough/${name}`);
  expect(drawn.sort()).toEqual([...shown].sort());
});

test("versions agree", () => {
  expect(manifest.version).toBe(workspace.version);
  expect(manifest.engines.vscode).toBe(`^${json("node_modules/@types/vscode/package.json").version}`);
  expect(workspace.devDependencies["@types/vscode"]).toBe(manifest.engines.vscode.slice(1));
  expect(manifest.dependencies).toBeUndefined();
});
