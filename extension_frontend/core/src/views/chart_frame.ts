/** A chart with the ways to keep it. */
import { png, standalone } from "../charts/svg.js";
import type { MadeFile } from "../made_file.js";
import { button, element } from "./element.js";

/** `name`: of the files, without ending. */
export function chartFrame(name: string, chart: SVGSVGElement, keep: (file: MadeFile) => void): HTMLElement {
  const problem = element("p", { class: "gp-field-problem", role: "status" });
  const label = chart.getAttribute("aria-label") ?? name;
  const save = (ending: "svg" | "png", make: () => Promise<MadeFile>) =>
    button(
      `save-${name}-${ending}`,
      ending.toUpperCase(),
      () => {
        problem.textContent = "";
        make().then(keep, () => {
          problem.textContent = "This browser cannot draw the image: save the SVG instead.";
        });
      },
      { class: "gp-button gp-link", title: `Save as ${ending.toUpperCase()}: ${label}` },
    );
  return element("figure", { class: "gp-figure" }, [
    chart,
    element("figcaption", { class: "gp-figure-ways" }, [
      save("svg", async () => ({ name: `${name}.svg`, type: "image/svg+xml", content: standalone(chart) })),
      save("png", async () => ({ name: `${name}.png`, type: "image/png", content: await png(chart) })),
      problem,
    ]),
  ]);
}
