/** Truth: the manifests, what the hosts register, the labels in their sources, argparse and Python's own signatures. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test, vi } from "vitest";
import {
  type Action,
  COMMAND_TABLE,
  TITLES,
  type Ways,
} from "../../extension_frontend/core/src/command_table.js";
import { askPython } from "./python.js";

// What JupyterLab's commands are made with, without JupyterLab.
vi.mock("@jupyterlab/apputils", () => ({ Notification: {} }));
vi.mock("../../extension_frontend/jupyterlab/src/icon", () => ({ glasspaneIcon: {} }));
vi.mock("@lumino/widgets", () => ({
  Menu: class {
    readonly title = {};
    readonly items: { command?: string }[] = [];
    addItem(item: { command?: string }) {
      this.items.push(item);
    }
  },
}));

const at = (path: string) => fileURLToPath(new URL(`../../extension_frontend/${path}`, import.meta.url));
const text = (path: string) => readFileSync(at(path), "utf8");
const manifest = JSON.parse(text("vscode/package.json")).contributes;
const schema = JSON.parse(text("jupyterlab/schema/plugin.json"));

type Editor = "jupyterlab" | "vscode";
type Cell = {
  readonly commands?: readonly string[];
  readonly at?: readonly string[];
  readonly run?: readonly string[];
};
const rows = Object.entries(COMMAND_TABLE) as [Action, Ways][];
const cellsOf = (host: keyof Ways) => rows.map(([action, ways]) => ({ action, cell: ways[host] as Cell }));
const idsOf = (host: Editor) => cellsOf(host).flatMap(({ cell }) => cell.commands ?? []);
const linesOf = (host: "cli" | "python") => cellsOf(host).flatMap(({ cell }) => cell.run ?? []);

/** The rows that an id belongs to; those that say they are found at a place. */
function actionsOf(host: Editor, ids: Iterable<string>): string[] {
  const wanted = new Set(ids);
  return cellsOf(host).flatMap(({ action, cell }) =>
    cell.commands?.some((id) => wanted.has(id)) ? [action] : [],
  );
}
const actionsAt = (host: Editor, place: string) =>
  cellsOf(host).flatMap(({ action, cell }) => (cell.at?.includes(place) ? [action] : []));

test("an empty cell does not compile", () => {
  const none = { not: "There is none." } as const;
  // @ts-expect-error: a row without the command line
  const noCell: Ways = { jupyterlab: none, vscode: none, python: none };
  // @ts-expect-error: no reason
  const noReason: Ways["python"] = { not: "" };
  // @ts-expect-error: nowhere to be found
  const nowhere: Ways["vscode"] = { commands: ["glasspane.explain"], at: [] };
  // @ts-expect-error: another host's id
  const elsewhere: Ways["vscode"] = { commands: ["glasspane:explain"], at: ["settings"] };
  expect([noCell, noReason, nowhere, elsewhere]).toHaveLength(4);
});

test("an id stands in one row only", () => {
  for (const host of ["jupyterlab", "vscode"] as const)
    expect(new Set(idsOf(host)).size).toBe(idsOf(host).length);
  expect(Object.keys(COMMAND_TABLE)).toEqual(Object.keys(TITLES));
  expect(new Set(Object.values(TITLES)).size).toBe(rows.length);
});

describe("JupyterLab", () => {
  const labels = new Map<string, string>();
  const inPalette: string[] = [];
  const methodMenu: string[] = [];

  beforeAll(async () => {
    const path = at("jupyterlab/src/commands.ts");
    const { addCommands, addMethodMenu } = await import(/* @vite-ignore */ path);
    const app = {
      commands: {
        addCommand: (id: string, { label }: { label: string | ((args: object) => string) }) =>
          labels.set(id, typeof label === "string" ? label : label({})),
      },
      contextMenu: {
        addItem: ({ submenu }: { submenu: { items: { command?: string }[] } }) =>
          methodMenu.push(...submenu.items.flatMap(({ command }) => command ?? [])),
      },
    };
    const explainer = { workplace: { ready: async () => ({ methods: [{ name: "m", label: "M" }] }) } };
    addCommands(
      { app, explainer },
      { addItem: ({ command }: { command: string }) => inPalette.push(command) },
    );
    await addMethodMenu({ app, explainer });
  });

  test("registers the commands of the table, by its titles", () => {
    expect([...labels.keys()].sort()).toEqual(idsOf("jupyterlab").sort());
    for (const { action, cell } of cellsOf("jupyterlab")) {
      for (const id of cell.commands ?? []) expect(labels.get(id)).toBe(TITLES[action]);
    }
  });

  test("has them in the menus, the palette and on the keys that the table names", () => {
    const { "jupyter.lab.menus": menus, "jupyter.lab.shortcuts": shortcuts } = schema;
    const context: { command: string; selector: string }[] = menus.context;
    const onOutputs = (item: { selector: string }) => item.selector.includes("OutputArea");
    const ids = (items: { command: string }[]) => items.map(({ command }) => command);
    expect(
      actionsOf("jupyterlab", [...ids(context.filter((item) => !onOutputs(item))), ...methodMenu]),
    ).toEqual(actionsAt("jupyterlab", "context menu"));
    expect(actionsOf("jupyterlab", ids(context.filter(onOutputs)))).toEqual(
      actionsAt("jupyterlab", "output's context menu"),
    );
    expect(actionsOf("jupyterlab", inPalette)).toEqual(actionsAt("jupyterlab", "command palette"));
    expect(actionsOf("jupyterlab", ids(shortcuts))).toEqual(actionsAt("jupyterlab", "Alt+Shift+G"));
    for (const { keys } of shortcuts) expect(keys).toEqual(["Alt Shift G"]);
    const inStatusBar = /StatusItem\(.*execute\("(?<id>[^"]+)"\)/.exec(text("jupyterlab/src/index.ts"));
    expect(actionsOf("jupyterlab", [inStatusBar?.groups?.id ?? ""])).toEqual(
      actionsAt("jupyterlab", "status bar"),
    );
  });
});

describe("VS Code", () => {
  const titles = new Map<string, string>(
    manifest.commands.map(({ command, title }: { command: string; title: string }) => [command, title]),
  );
  interface MenuItem {
    readonly command?: string;
    readonly when?: string;
  }
  const inMenu = (name: string) =>
    (manifest.menus[name] as MenuItem[]).flatMap(({ command }) => (command === undefined ? [] : [command]));

  test("contributes the commands of the table, by its titles", () => {
    expect([...titles.keys()].sort()).toEqual(idsOf("vscode").sort());
    for (const { action, cell } of cellsOf("vscode")) {
      for (const id of cell.commands ?? []) expect(titles.get(id)).toBe(TITLES[action]);
    }
  });

  test("has them in the menus, the palette and on the keys that the table names", () => {
    expect(actionsOf("vscode", [...inMenu("editor/context"), ...inMenu("glasspane.menu")])).toEqual(
      actionsAt("vscode", "context menu"),
    );
    expect(actionsOf("vscode", inMenu("notebook/cell/title"))).toEqual(actionsAt("vscode", "cell toolbar"));
    const hidden = (manifest.menus.commandPalette as MenuItem[]).filter(({ when }) => when === "false");
    const shown = [...titles.keys()].filter((id) => !hidden.some(({ command }) => command === id));
    expect(actionsOf("vscode", shown)).toEqual(actionsAt("vscode", "command palette"));
    const keys = manifest.keybindings as { command: string; key: string }[];
    const bound = keys.map(({ command }) => command);
    expect(actionsOf("vscode", bound)).toEqual(actionsAt("vscode", "Alt+Shift+G"));
    for (const { key } of keys) expect(key).toBe("alt+shift+g");
    const links = [...JSON.stringify(manifest.walkthroughs).matchAll(/\]\(command:(glasspane\.\w+)\)/g)];
    const linked = links.map(([, id = ""]) => id);
    expect(actionsOf("vscode", linked)).toEqual(actionsAt("vscode", "walkthrough"));
    const inStatusBar = /status\.command = "(?<id>[^"]+)"/.exec(text("vscode/src/extension.ts"))?.groups?.id;
    expect(actionsOf("vscode", [inStatusBar ?? ""])).toEqual(actionsAt("vscode", "status bar"));
  });
});

test("what the table says is written on buttons and links is written there", () => {
  const views = readdirSync(at("core/src/views"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => text(`core/src/views/${name}`));
  const sources: Readonly<Record<Editor, Readonly<Record<string, string>>>> = {
    jupyterlab: {
      pane: views.join(""),
      "beside the prompt": text("jupyterlab/src/editor_heat.ts"),
      finding: text("jupyterlab/src/finding_marks.ts"),
      notification: text("jupyterlab/src/job_toasts.ts"),
    },
    vscode: {
      pane: views.join(""),
      hover: text("vscode/src/heat_hover.ts"),
      "light bulb": text("vscode/src/heat_actions.ts"),
      finding: text("vscode/src/finding_actions.ts"),
      "line above": text("vscode/src/prompt_lenses.ts"),
      // The button that VS Code gives to progress that can be cancelled.
      notification: text("vscode/src/job_notifications.ts").replace("cancellable: true", '"Cancel"'),
    },
  };
  let labels = 0;
  for (const host of ["jupyterlab", "vscode"] as const) {
    for (const place of cellsOf(host).flatMap(({ cell }) => cell.at ?? [])) {
      const [kind = "", label] = place.split(": ");
      if (label === undefined) continue;
      labels += 1;
      expect(sources[host][kind], place).toMatch(new RegExp(`["⟳] ?${label.replace(/[?.]/g, "\\$&")}"`));
    }
  }
  expect(labels).toBeGreaterThan(40);
});

test("command lines are those of `glasspane --help`, and every subcommand stands in the table", () => {
  const script = `
import io, json, shlex, sys
from contextlib import redirect_stdout, suppress
from glasspane.cli import _parser, main
said = io.StringIO()
with redirect_stdout(said), suppress(SystemExit):
    main(["--help"])
parser = _parser()
parsed = [parser.parse_args(shlex.split(line.split(" > ")[0])[1:]).command for line in json.load(sys.stdin)]
json.dump({"help": said.getvalue(), "parsed": parsed}, sys.stdout)
`;
  const { help, parsed } = askPython<{ help: string; parsed: string[] }>(script, linesOf("cli"));
  const offered = [...help.matchAll(/^ {4}(\w+) /gm)].map(([, name]) => name);
  expect(offered.length).toBeGreaterThan(4);
  expect([...new Set(parsed)].sort()).toEqual(offered.sort());
});

test("calls are of names that Python has, with arguments that it takes", () => {
  const script = `
import argparse, ast, inspect, json, shlex, sys
import glasspane
from glasspane.attribution.methods import METHODS
from glasspane.cli_options import add_explain_options
from glasspane.explanation import Explanation
from glasspane.protocol import AttributionResult, AuditRequest

options = {option.name for row in METHODS.values() for option in row.spec.options}
magic = argparse.ArgumentParser()
add_explain_options(magic)
used = set()
for line in json.load(sys.stdin):
    if line.startswith("%%explain "):
        magic.parse_args(shlex.split(line)[1:])
        continue
    made = ast.parse(line, mode="eval").body
    called = made.func if isinstance(made, ast.Call) else made
    chain = ast.unparse(called).split(".")
    if chain[:2] == ["result", "data"]:
        assert chain[2] in AttributionResult.model_fields, line
        continue
    owner = glasspane if chain[0] == "gp" else Explanation
    assert chain[1] in dir(owner), line
    used.add(chain[1])
    if isinstance(made, ast.Call):
        given = {each.arg: None for each in made.keywords}
        signature = inspect.signature(getattr(owner, chain[1]))
        myself = [] if owner is glasspane else [None]
        signature.bind(*myself, *made.args, **given)
        holes = set(given) if "values" in signature.parameters else set()  # gp.pairs names its templates' holes
        # gp.audit takes what its request has, by the same names.
    asked = set(AuditRequest.model_fields) if chain == ["gp", "audit"] else set()
    assert set(given) <= set(signature.parameters) | options | holes | asked, line
functions = {name for name in glasspane.__all__ if inspect.isfunction(getattr(glasspane, name))}
json.dump(sorted(functions - used), sys.stdout)
`;
  expect(askPython<string[]>(script, linesOf("python"))).toEqual([]);
});
