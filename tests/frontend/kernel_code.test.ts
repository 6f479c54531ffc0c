/** Truth: Python's own parser, and the code that its side builds for the same request. */
import fc from "fast-check";
import { beforeEach, expect, test, vi } from "vitest";
import { askPython } from "./python.js";
import { desk } from "./vscode_stand_in.js";

vi.mock("vscode", () => import("./vscode_stand_in.js"));
const { kernelCode } = await import("../../extension_frontend/vscode/src/kernel_code.js");

beforeEach(() => desk.clear());

const COMPARE = `
import ast, json, sys
from glasspane.kernel import displayed
same = []
for code, request, cancel, requirement in json.load(sys.stdin):
    assert code.isascii()
    theirs = displayed.code(request, cancel, requirement)
    same.append(ast.dump(ast.parse(code)) == ast.dump(ast.parse(theirs)))
json.dump(same, sys.stdout)
`;

test("is what Python builds for the same request, whatever stands in it", () => {
  const texts = [
    "REQUEST CANCEL_FILE REQUIREMENT",
    "'\"\\ \n\r\t\0 $& $1 %s {x}",
    "é 𝄞 \u2028 \x85 \x7f \u00ff",
    '"""\\"""',
    ...fc.sample(fc.string({ unit: "binary", maxLength: 30 }), { numRuns: 200, seed: 7 }),
  ];
  const asked = texts.map((text) => {
    desk.settings["glasspane.installRequirement"] = `glasspane ${text.trim()}x`;
    const request = { kind: "output_prompt" as const, output: text, candidates: [text] };
    const code = kernelCode(request, "job", `/tmp/${text}`);
    return [code, JSON.stringify(request), `/tmp/${text}`, `glasspane ${text.trim()}x`];
  });
  expect(askPython<boolean[]>(COMPARE, asked)).toEqual(texts.map(() => true));
});

test("half a character is sent as U+FFFD; an explanation carries its job's name", () => {
  const code = kernelCode(
    {
      kind: "explain",
      subject: { source: "auto" },
      prompt: { form: "text", text: "a\ud800b", template: "raw" },
      method: "attention",
      options: {},
      target: { kind: "top" },
      score: "logit",
      job: null,
    },
    "mine",
    "/tmp/x",
  );
  const read = `
import ast, json, sys
(call,) = [n for n in ast.walk(ast.parse(json.load(sys.stdin))) if isinstance(n, ast.Call) and len(n.args) == 2 and isinstance(n.func, ast.Attribute) and n.func.attr == "shown"]
request = json.loads(ast.literal_eval(call.args[0]))
json.dump([request["prompt"]["text"], request["job"]], sys.stdout)
`;
  expect(askPython(read, code)).toEqual(["a\ufffdb", "mine"]);
});
