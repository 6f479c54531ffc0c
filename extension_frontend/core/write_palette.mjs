// Writes style/palette.css, and the light theme for the backend's static output, from the built palette
// (`tsc -b` first); tests fail when they drift.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { paletteCss, staticPalette } from "./lib/palette.js";

writeFileSync(fileURLToPath(new URL("style/palette.css", import.meta.url)), paletteCss());
writeFileSync(
  fileURLToPath(new URL("../../python_backend/glasspane/display/palette.json", import.meta.url)),
  staticPalette(),
);
