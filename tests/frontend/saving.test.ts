// @vitest-environment jsdom
/** Truth: files hold what the pane shows; bars add up to all scores; a spreadsheet runs nothing. */
import { describe, expect, test, vi } from "vitest";
import { barChart, barsOf } from "../../extension_frontend/core/src/charts/bar_chart.js";
import { stripChart } from "../../extension_frontend/core/src/charts/strip_chart.js";
import { standalone } from "../../extension_frontend/core/src/charts/svg.js";
import { tokenRows } from "../../extension_frontend/core/src/heat.js";
import { bytesOf } from "../../extension_frontend/core/src/made_file.js";
import { chartFrame } from "../../extension_frontend/core/src/views/chart_frame.js";
import { csvOf, fileStem } from "../../extension_frontend/core/src/views/saving.js";
import { sampleResult, tokensOf } from "./sample_result.js";

const STYLE = { title: "Why “ Paris”?", signed: true, written: (score: number) => String(score) };

describe("bars", () => {
  const { text, tokens } = tokensOf([{ special: "<s>" }, "a", "b", "c", "d"]);
  const rows = tokenRows(sampleResult({ text, tokens, scores: [[8, 1, -4, 2, -3]] }));

  test("the strongest first, the rest summed with the special tokens", () => {
    expect(barsOf(rows, "tokens", 2).map(({ label, score }) => [label, score])).toEqual([
      ["b", -4],
      ["d", -3],
      ["3 other tokens", 11],
    ]);
  });

  test("lengths are in proportion, against on the left of zero", () => {
    const drawn = barChart(barsOf(rows.slice(1), "tokens"), STYLE);
    const bars = [...drawn.querySelectorAll("rect")].map((bar) => ({
      x: Number(bar.getAttribute("x")),
      width: Number(bar.getAttribute("width")),
    }));
    const zero = Number(drawn.querySelector("line")?.getAttribute("x1"));
    expect(bars.map(({ width }) => width / (bars[0]?.width ?? 1))).toEqual([1, 0.75, 0.5, 0.25]);
    expect(bars.map(({ x, width }) => (x < zero ? x + width : x))).toEqual([zero, zero, zero, zero]);
    expect(bars.map(({ x }) => x < zero)).toEqual([true, true, false, false]);
  });
});

test("a chart as a file is well-formed XML whatever the prompt holds", () => {
  const evil = ["<script>", '"&', "\u0000\u001b", "🙂\ufffe"];
  const { text, tokens } = tokensOf(evil);
  const rows = tokenRows(sampleResult({ text, tokens, scores: [[1, -2, 3, -4]] }));
  for (const chart of [barChart(barsOf(rows, "tokens"), STYLE), stripChart(rows, STYLE)]) {
    document.body.append(chart);
    const file = standalone(chart);
    chart.remove();
    expect(file).toMatch(/^<svg/);
    expect(file).toContain('xmlns="http://www.w3.org/2000/svg"');
    expect(file).not.toContain("<script");
    expect(file).not.toContain("class=");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
    expect(file).not.toMatch(/[\u0000-\u0008\u000b-\u001f\ufffe]/);
  }
});

test("the buttons hand over the chart as a file", async () => {
  const keep = vi.fn();
  const frame = chartFrame("glasspane-a-bars", barChart([], STYLE), keep);
  document.body.append(frame);
  frame.querySelector<HTMLElement>('[data-key$="-svg"]')?.click();
  await vi.waitFor(() => expect(keep).toHaveBeenCalledOnce());
  expect(keep.mock.calls[0]?.[0]).toMatchObject({ name: "glasspane-a-bars.svg", type: "image/svg+xml" });
});

test("files are called after the prompt, in letters that every disk takes", () => {
  expect(fileStem({ text: "The capital of France is" })).toBe("glasspane-the-capital-of-france-is");
  expect(fileStem({ text: "../../etc/passwd «é» 漢" })).toBe("glasspane-etc-passwd-e");
  expect(fileStem({ text: "🙂" })).toBe("glasspane");
});

test("the table quotes what must be quoted, and is no formula", () => {
  const { text, tokens } = tokensOf(["a", ' "b",', "\n", "=1+1"]);
  expect(csvOf(sampleResult({ text, tokens, scores: [[1, -0.5, 0, 2.5]] }))).toBe(
    'text,start,end,id,special,score,share\na,0,1,100,False,1,0.25\n" ""b"",",1,6,101,False,-0.5,0.125\n"\n",6,7,102,False,0,0\n\'=1+1,7,11,103,False,2.5,0.625\n',
  );
});

test("the table has a column for the margin of an estimate, or one for every row of a completion", () => {
  const { text, tokens } = tokensOf([{ special: "<s>" }, "a"]);
  const estimated = { ...sampleResult({ text, tokens, scores: [[3, 1]] }), margins: [[0.5, 0.25]] };
  expect(csvOf(estimated)).toBe(
    "text,start,end,id,special,score,share,margin\n<s>,0,0,0,True,3,,0.5\na,0,1,101,False,1,1,0.25\n",
  );
  const rows = sampleResult({
    text,
    tokens,
    scores: [
      [3, 1],
      [0, 2],
    ],
  });
  expect(csvOf(rows).split("\n")[0]).toBe("text,start,end,id,special,score_0,score_1");
});

test("an image's bytes come out of base64, text as UTF-8", () => {
  expect([...bytesOf({ name: "a.png", type: "image/png", content: "AAH/" })]).toEqual([0, 1, 255]);
  expect([...bytesOf({ name: "a.csv", type: "text/csv", content: "é" })]).toEqual([0xc3, 0xa9]);
});
