import type { IThemeManager } from "@jupyterlab/apputils";
import type { Palette } from "./settings";

/** Heat's colours follow the theme by themselves; the person may ask for the stronger ones in any theme. */
export function showPalette(palette: Palette, themes: IThemeManager | null): void {
  const light = themes?.theme ? themes.isLight(themes.theme) : true;
  const { classList } = document.body;
  classList.toggle("gp-high-contrast-light", palette === "high_contrast" && light);
  classList.toggle("gp-high-contrast-dark", palette === "high_contrast" && !light);
}
