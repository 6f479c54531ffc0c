// Writes src/protocol.ts from python_backend/glasspane/protocol/, kernel/displayed.py and version.py.
// `--check` writes nothing and exits 1 when the file on disk has drifted.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compile } from "json-schema-to-typescript";

const root = new URL("../../", import.meta.url);
const target = fileURLToPath(new URL("src/protocol.ts", import.meta.url));
const python = process.env.GLASSPANE_PYTHON ?? fileURLToPath(new URL(".venv/bin/python", root));

const printSchema = [
  "import json",
  "from glasspane import protocol as p",
  "from glasspane.kernel.displayed import CODE",
  "from glasspane import version as v",
  "names = ('MIME_TYPE', 'PROGRESS_MIME_TYPE', 'ANSWER_MIME_TYPE', 'LARGEST_REQUEST')",
  "constants = {name: getattr(p, name) for name in names}",
  "constants |= {name: getattr(v, name) for name in ('INSTALL_LINE', 'BARE_PROGRAM', 'PLAIN_IN_QUOTES')}",
  "constants['DISPLAYED_CODE'] = CODE",
  "print(json.dumps({'schema': p.wire_schema(), 'constants': constants}))",
].join("\n");
const { schema, constants } = JSON.parse(
  execFileSync(python, ["-c", printSchema], {
    env: { ...process.env, PYTHONPATH: fileURLToPath(new URL("python_backend", root)) },
    encoding: "utf8",
  }),
);

/** Field titles repeat the field name and would become one alias type per field. */
function withoutFieldTitles(node) {
  if (Array.isArray(node)) return node.map(withoutFieldTitles);
  if (node === null || typeof node !== "object") return node;
  // A described reference would become a second, numbered copy of its type.
  if ("$ref" in node) return { $ref: node.$ref };
  return Object.fromEntries(
    Object.entries(node)
      .filter(([key, value]) => !(key === "title" && typeof value === "string"))
      .map(([key, value]) => [key, withoutFieldTitles(value)]),
  );
}

const definitions = Object.fromEntries(
  Object.entries(schema.$defs).map(([name, definition]) => [name, withoutFieldTitles(definition)]),
);
const body = await compile({ $defs: definitions }, "Wire", {
  additionalProperties: false,
  bannerComment: "",
  unreachableDefinitions: true,
  style: { printWidth: 110 },
});
const types = body
  .replace(/[ \t]+$/gm, "")
  .replace(/export interface Wire \{[^}]*\}\n?/, "")
  .replace(
    /^ \* This interface was referenced by `Wire`'s JSON-Schema\n \* via the `definition` "[^"]*"\.\n/gm,
    "",
  )
  .replace(/^ \*\n \*\/\n/gm, " */\n")
  .replace(/^\/\*\*\n \*\/\n/gm, "");
const text =
  `// Generated from python_backend/glasspane/protocol/ by generate_protocol.mjs; edit that package instead.\n\n` +
  Object.entries(constants)
    .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};\n\n`)
    .join("") +
  `${types.trim()}\n`;

if (process.argv.includes("--check")) {
  let current = "";
  try {
    current = readFileSync(target, "utf8");
  } catch {}
  if (current !== text) {
    console.error("src/protocol.ts has drifted from glasspane/protocol/: run `npm run protocol`.");
    process.exit(1);
  }
} else {
  writeFileSync(target, text);
}
