/** A chart with the ways to keep it. */
import { png, standalone } from "../charts/svg.js";
import type { MadeFile } from "../made_file.js";
import { button, element } from "./element.js";

type Way = readonly [ending: "svg" | "png", make: () => Promise<MadeFile>];

/** `name`: of the files, without ending; `shown`: what has the chart in it, where that is a box that scrolls. */
export function chartFrame(
  name: string,
  chart: SVGSVGElement,
  keep: (file: MadeFile) => void,
  shown: Element = chart,
): HTMLElement {
  const ways: readonly Way[] = [
    ["svg", async () => ({ name: `${name}.svg`, type: "image/svg+xml", content: standalone(chart) })],
    ["png", async () => ({ name: `${name}.png`, type: "image/png", content: await png(chart) })],
  ];
  return frame(name, shown, chart.getAttribute("aria-label") ?? name, ways, keep);
}

/** The same for what is too large for shapes; `image` draws it for the file. Null where nothing can be drawn. */
export function canvasFrame(
  name: string,
  shown: HTMLElement,
  label: string,
  image: () => HTMLCanvasElement | null,
  keep: (file: MadeFile) => void,
): HTMLElement {
  const make = async (): Promise<MadeFile> => {
    const url = image()?.toDataURL("image/png") ?? "";
    if (!url.startsWith(PNG_URL)) throw new Error("this browser has no canvas");
    return { name: `${name}.png`, type: "image/png", content: url.slice(PNG_URL.length) };
  };
  return frame(name, shown, label, [["png", make]], keep);
}

const PNG_URL = "data:image/png;base64,";

function frame(
  name: string,
  shown: Element,
  label: string,
  ways: readonly Way[],
  keep: (file: MadeFile) => void,
): HTMLElement {
  const problem = element("p", { class: "gp-field-problem", role: "status" });
  const save = ([ending, make]: Way) =>
    button(
      `save-${name}-${ending}`,
      ending.toUpperCase(),
      () => {
        problem.textContent = "";
        make().then(keep, () => {
          problem.textContent =
            ways.length > 1
              ? "This browser cannot draw the image: save the SVG instead."
              : "This browser cannot draw the image.";
        });
      },
      { class: "gp-button gp-link", title: `Save as ${ending.toUpperCase()}: ${label}` },
    );
  return element("figure", { class: "gp-figure" }, [
    shown,
    element("figcaption", { class: "gp-figure-ways" }, [...ways.map(save), problem]),
  ]);
}
