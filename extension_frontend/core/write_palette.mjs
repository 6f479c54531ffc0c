// Writes style/palette.css, the light theme for the backend's static output, and the colours in VS Code's manifest
// from the built palette (`tsc -b` first); tests fail when they drift.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { namedColours, paletteCss, staticPalette } from "./lib/palette.js";

const beside = (path) => fileURLToPath(new URL(path, import.meta.url));

writeFileSync(beside("style/palette.css"), paletteCss());
writeFileSync(beside("../../python_backend/glasspane/display/palette.json"), staticPalette());

const manifest = beside("../vscode/package.json");
const { contributes, ...rest } = JSON.parse(readFileSync(manifest, "utf8"));
const coloured = { ...rest, contributes: { ...contributes, colors: namedColours() } };
writeFileSync(manifest, `${JSON.stringify(coloured, null, 2)}\n`);
