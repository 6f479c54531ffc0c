/** Truth: a window's documents, closed and opened as VS Code does it when a file is renamed. */
import {
  DEFAULT_SETTINGS,
  Explainer,
  errorResult,
  type HeatMark,
  SubjectMemory,
  Workplace,
} from "@glasspane/core";
import { beforeEach, expect, test, vi } from "vitest";
import { desk, type TextStandIn, Uri } from "./vscode_stand_in.js";

vi.mock("vscode", () => import("./vscode_stand_in.js"));
const { EditorHost } = await import("../../extension_frontend/vscode/src/host.js");
const { heatMemory } = await import("../../extension_frontend/vscode/src/heat_marks.js");
const { Renames } = await import("../../extension_frontend/vscode/src/renames.js");
const { keyOf, siteOf } = await import("../../extension_frontend/vscode/src/site.js");
type Given = ConstructorParameters<typeof EditorHost>;
type Document = Parameters<typeof siteOf>[0];

const PROMPT = 'ask("The capital of France is")';
const text = (address: string): TextStandIn => ({
  uri: Uri.parse(address),
  languageId: "python",
  isClosed: false,
  getText: () => PROMPT,
});
const asDocument = (given: TextStandIn | undefined) => given as unknown as Document;

beforeEach(() => desk.clear());

test.each([
  ["file:///project/a.py", "file:///project/b.py", true],
  ["file:///project/a.py", "file:///project/b.py", false],
  ["file:///project", "file:///job", true],
])("%s renamed to %s keeps heat, pane and model (old document closed first: %s)", async (from, to, first) => {
  const client = {
    catalogue: async () => Promise.reject(new Error("none")),
    start: async () => ({
      id: "j",
      status: "done",
      warnings: [],
      result: errorResult("internal", "No.", "Again."),
    }),
  };
  const host = new EditorHost(...([{ client }, {}, { error: vi.fn() }, "0.1.0"] as unknown as Given));
  const heat = heatMemory();
  const subjects = new SubjectMemory(null);
  const explainer = new Explainer(new Workplace(host, heat, subjects, { of: () => DEFAULT_SETTINGS }));
  const renames = new Renames(explainer, host);
  const before = text("file:///project/a.py");
  const other = text("file:///project/a.pyi");
  desk.texts = [before, other];
  const site = siteOf(asDocument(before));
  if (site === null) throw new Error("no text of a person's");
  const choice = { ref: { source: "bundled", name: "demo-sentiment" }, where: "dedicated" } as const;
  explainer.choose(site, choice);
  await explainer.explainAt(site, { from: 12, to: 12 });
  const id = explainer.current?.id ?? "";
  const span = { from: 5, to: 8 };
  const mark: HeatMark = { ...span, spans: [span], level: 5, score: 1, share: 1, tokens: [0], sign: "for" };
  const at = { from: 12, to: 12 };
  heat.apply(site.key, { do: "begin", id, span: { from: 5, to: 29 }, at, language: "python" }, () => PROMPT);
  heat.apply(site.key, { do: "paint", id, marks: [mark], settled: true }, () => PROMPT);

  desk.rename(from, to, first);

  const path = from.endsWith(".py") ? to : `${to}/a.py`;
  await vi.waitFor(() => expect(explainer.current?.site.path).toBe(path));
  expect(explainer.current?.id).toBe(id);
  expect(explainer.current?.state.prompt?.origin).toBe(path.slice(path.lastIndexOf("/") + 1));
  const now = desk.texts.find(({ uri }) => uri.toString() === path);
  expect(heat.heatsOf(keyOf(asDocument(now))).map((each) => each.id)).toEqual([id]);
  expect(subjects.get(path).choice).toEqual(choice);
  expect(subjects.get("file:///project/a.py")).toEqual({});
  renames.dispose();
  host.dispose();
});
