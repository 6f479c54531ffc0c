import type { HeatSign } from "./heat.js";

export type Theme = "light" | "dark" | "high_contrast_light" | "high_contrast_dark";

/** CSS classes of a heat mark: background, text colour and underline come from style/palette.css. */
export function heatClass(mark: { readonly level: number; readonly sign: HeatSign }): string {
  return `gp-heat ${mark.level} ${mark.sign}`;
}
