// Writes docs/parity.md from src/command_table.ts and Python's method table.
// `--check` writes nothing and exits 1 when the file on disk has drifted.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { transform } from "esbuild";

const root = new URL("../../", import.meta.url);
const target = fileURLToPath(new URL("docs/parity.md", root));
const python = process.env.GLASSPANE_PYTHON ?? fileURLToPath(new URL(".venv/bin/python", root));

// From the source, which imports nothing: the core need not be built.
const source = readFileSync(new URL("src/command_table.ts", import.meta.url), "utf8");
const { code } = await transform(source, { loader: "ts", format: "esm" });
const { COMMAND_TABLE, TITLES } = await import(`data:text/javascript,${encodeURIComponent(code)}`);

const printMethods = [
  "from glasspane.attribution.methods import METHODS",
  "import json",
  "print(json.dumps([row.spec.model_dump(mode='json') for row in METHODS.values()]))",
].join("\n");
const methods = JSON.parse(
  execFileSync(python, ["-c", printMethods], {
    env: { ...process.env, PYTHONPATH: fileURLToPath(new URL("python_backend", root)) },
    encoding: "utf8",
  }),
);

const HOSTS = { jupyterlab: "JupyterLab", vscode: "VS Code", cli: "command line", python: "Python" };

const quoted = (text) => `\`${text}\``;

/** What stands in a cell: the places or lines first, then the ids, then what else there is to say. */
function cell({ commands = [], at = [], run = [], how, not, note }) {
  if (not !== undefined) return `— ${not}`;
  if (how !== undefined) return how;
  const parts = [at.join(", "), [...run, ...commands].map(quoted).join(", "), note];
  return parts.filter(Boolean).join("<br>");
}

function table(first, rows) {
  const columns = [first, ...Object.values(HOSTS)];
  const lines = [columns, columns.map(() => "---"), ...rows];
  return lines
    .map((cells) => `| ${cells.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`)
    .join("\n");
}

const actions = Object.entries(COMMAND_TABLE).map(([name, ways]) => [
  `**${TITLES[name]}**`,
  ...Object.keys(HOSTS).map((host) => cell(ways[host])),
]);

const named = methods.map(({ name, label }) => [
  `**${label}**`,
  `Glasspane ▸ ${name.startsWith("inseq:") ? "Through inseq ▸ " : ""}Explain with ${label}; in the pane, Method; ${quoted(`"defaultMethod": "${name}"`)}`,
  `Explain with… ▸ ${label}; in the pane, Method; ${quoted(`"glasspane.defaultMethod": "${name}"`)}`,
  quoted(`glasspane explain --method ${name}`),
  quoted(`method="${name}"`),
]);

const text = `# The same in every place

Made from the command table and the method table; do not edit by hand. A dash: not there, and why.

## What can be done

${table("", actions)}

## Methods

What each of them computes, and its options: [methods.md](methods.md). Options are fields of the pane, \`--option NAME=VALUE\`
on the command line and arguments in Python.

${table("", named)}
`;

if (process.argv.includes("--check")) {
  let current = "";
  try {
    current = readFileSync(target, "utf8");
  } catch {}
  if (current !== text) {
    console.error("docs/parity.md has drifted from the command table or the methods: run `npm run parity`.");
    process.exit(1);
  }
} else writeFileSync(target, text);
