/** How far every two methods agree: rank correlation in colour and number, and their strongest tokens in common. */
import { shade } from "../heat.js";
import { heatClass } from "../palette.js";
import type { ComparisonResult, PairAgreement } from "../protocol.js";
import { element } from "./element.js";
import { correlation } from "./figures.js";
import { methodName } from "./method_rows.js";

export function agreementMatrix({
  rows,
  agreement,
}: Pick<ComparisonResult, "rows" | "agreement">): HTMLElement {
  const answered = rows.flatMap((row, index) => (row.problem === null ? [index] : []));
  const head = (index: number, scope: "col" | "row") =>
    element("th", { scope, title: rows[index] === undefined ? null : methodName(rows[index]) }, [
      scope === "row" && rows[index] !== undefined
        ? `${index + 1} ${methodName(rows[index])}`
        : String(index + 1),
    ]);
  return element("div", { class: "gp-agreement-box" }, [
    element("table", { class: "gp-plain-table gp-agreement" }, [
      element("caption", {}, [
        "Rank correlation (Spearman) of the sizes of their scores; below it, strongest tokens in common",
      ]),
      element("thead", {}, [
        element("tr", {}, [element("td"), ...answered.map((index) => head(index, "col"))]),
      ]),
      element(
        "tbody",
        {},
        answered.map((one) =>
          element("tr", {}, [
            head(one, "row"),
            ...answered.map((other) =>
              one === other
                ? element("td", { class: "gp-agreement-self" }, ["·"])
                : pair(agreement[one]?.[other] ?? null),
            ),
          ]),
        ),
      ),
    ]),
  ]);
}

function pair(found: PairAgreement | null): HTMLElement {
  if (found === null) return element("td", {}, ["–"]);
  const { spearman, overlap, top } = found;
  const common = `${Math.round(overlap * top)} of ${top}`;
  const number = spearman === null ? "–" : correlation(spearman);
  const heat = spearman === null ? "gp-heat-none" : heatClass(shade(spearman, 1, true));
  const title =
    spearman === null
      ? `One of the two is the same everywhere: it has no ranks. ${common} strongest tokens in common`
      : `Rank correlation ${number}; ${common} strongest tokens in common`;
  return element("td", { title }, [
    element("span", { class: `gp-agreement-number ${heat}` }, [number]),
    element("span", { class: "gp-quiet" }, [common]),
  ]);
}
