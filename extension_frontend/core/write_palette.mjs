// Writes style/palette.css from the built palette (`tsc -b` first); a test fails when the two drift.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { paletteCss } from "./lib/palette.js";

writeFileSync(fileURLToPath(new URL("style/palette.css", import.meta.url)), paletteCss());
