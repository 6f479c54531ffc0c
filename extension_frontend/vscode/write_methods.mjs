// Writes the choices of the setting glasspane.defaultMethod from docs/methods.md, which is made from the method table;
// a test fails when they drift.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const beside = (path) => fileURLToPath(new URL(path, import.meta.url));
const path = beside("package.json");
const manifest = JSON.parse(readFileSync(path, "utf8"));
const setting = manifest.contributes.configuration.properties["glasspane.defaultMethod"];

// A heading names the method and its label, the paragraph below says what it does.
const entry = /^## `(?<name>[\w:]+)`: (?<label>.+)\n\n(?<summary>.+)$/gm;
const methods = [...readFileSync(beside("../../docs/methods.md"), "utf8").matchAll(entry)];
setting.enum = methods.map(({ groups }) => groups.name);
setting.enumItemLabels = methods.map(({ groups }) => groups.label);
setting.enumDescriptions = methods.map(({ groups }) => groups.summary);

writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`);
