/** Truth: Python itself reads the same literals (`ast.literal_eval`, `eval` for f-strings). */
import { describe, expect, test } from "vitest";
import {
  findPrompt,
  holesOf,
  type PromptTemplate,
  promptLiterals,
  resolveTemplate,
} from "../../extension_frontend/core/src/prompt_source.js";
import type { HoleExpression } from "../../extension_frontend/core/src/protocol.js";
import { askPython, Random } from "./python.js";

const JUDGE = `
import ast, json, sys
from glasspane.kernel.prompt_value import prompt_value
from glasspane.protocol import HoleExpression, PromptValueRequest
names = {"name": "Ada 🙂", "n": 3.14159, "w": 12, "d": {"k": "v"}, "xs": [1, 2], "été": "e\\u0301"}
answers = []
for case in json.load(sys.stdin):
    try:
        tree = ast.parse(case["source"], mode="eval")
        value = eval(compile(tree, "x", "eval"), dict(names))
    except Exception:
        value = None
    request = PromptValueRequest(expressions=[HoleExpression(**h) for h in case["holes"]], consent=True)
    holes = [(v.text, v.problem) for v in prompt_value(request, names).values]
    answers.append({"value": value if isinstance(value, str) else None, "holes": holes})
json.dump(answers, sys.stdout)
`;

interface Judged {
  value: string | null;
  holes: [text: string | null, problem: string | null][];
}

function templateOf(source: string, cursor = source.search(/["']/) + 1): PromptTemplate | null {
  const found = findPrompt(source, { from: cursor, to: cursor }, "python");
  return found.kind === "text" ? found.template : null;
}

function judge(
  sources: readonly string[],
): { template: PromptTemplate | null; judged: Judged; source: string }[] {
  const cases = sources.map((source) => {
    const template = templateOf(source);
    const holes: HoleExpression[] = template === null ? [] : holesOf(template).map((hole) => hole.expression);
    return { source, template, holes };
  });
  const judged = askPython<Judged[]>(
    JUDGE,
    cases.map(({ source, holes }) => ({ source, holes })),
  );
  return cases.map(({ source, template }, index) => ({
    source,
    template,
    judged: judged[index] ?? { value: null, holes: [] },
  }));
}

const PLAIN = [
  "a",
  "B",
  " ",
  "é",
  "漢",
  "🙂",
  "e\u0301",
  "\u200d",
  "#",
  "%",
  "(",
  ":",
  "!",
  "=",
  "\u00a0",
  "0",
];
const ESCAPES = [
  "\\n", "\\t", "\\r", "\\\\", "\\'", '\\"', "\\a", "\\b", "\\f", "\\v", "\\0", "\\7", "\\12", "\\101", "\\1012",
  "\\377", "\\x41", "\\xe9", "\\x7f9", "\\u00e9", "\\u6f22a", "\\U0001F600", "\\U000000e9b", "\\N{BULLET}",
  "\\N{GREEK SMALL LETTER ALPHA}", "\\ud83d", "\\q", "\\d", "\\.", "\\ ", "\\\n", "\\8", "\\é",
]; // biome-ignore format: one table
const HOLES = [
  "{name}", "{ name }", "{name!r}", "{name!s:>20}", "{name!a}", "{n:.2f}", "{n:>{w}.3f}", "{n=}", "{ n = }", "{n=:.1f}",
  "{n=!s}", "{d['k']}", "{xs[0]}", "{xs}", "{len(name)}", "{n!r:>{w}}", "{'lit'}", "{3}", "{(lambda x: x*2)(n)}",
  "{n if n > 2 else 0}", "{n != 2}", "{n == 3.14159}", "{n>=2}", "{{'a': 1}['a']}", "{été}", "{name:*^{w}}", "{xs,}",
  "{ {1: 2}[1] }", "{(y := 5)}", "{xs[0:1]}", "{f'{n:.1f}'}", "{not n}", "{n:>{w}}{n:<{w}}",
]; // biome-ignore format: one table

function randomBody(random: Random, prefix: string, quote: string): string {
  const formatted = /[ft]/i.test(prefix);
  const raw = /r/i.test(prefix);
  let body = "";
  for (let left = random.below(12); left > 0; left -= 1) {
    const dice = random.next();
    if (formatted && dice < 0.3) body += random.pick([...HOLES, "{{", "}}", "{{{name}}}", "{{{{}}}}"]);
    else if (dice < 0.6) body += random.pick(ESCAPES);
    else if (dice < 0.68 && quote.length === 3) body += random.pick(["\n", '"', "'", "''", '""']);
    else if (dice < 0.72) body += quote.includes("'") ? '"' : "'";
    else if (dice < 0.76 && !formatted) body += random.pick(["{", "}", "{name}"]);
    else body += random.pick(PLAIN);
  }
  if (raw && /\\$/.test(body)) body += " ";
  return body;
}

function randomLiteral(random: Random, prefixes: readonly string[]): string {
  const prefix = random.pick(prefixes);
  const quote = random.pick(["'", '"', "'''", '"""']);
  return prefix + quote + randomBody(random, prefix, quote) + quote;
}

function randomGroup(random: Random, prefixes: readonly string[]): string {
  const literals = Array.from({ length: 1 + random.below(3) * random.below(2) }, () =>
    randomLiteral(random, prefixes),
  );
  const joined = literals.reduce(
    (sofar, next) => sofar + random.pick([" ", "\n", "  # note 'x'\n", " \\\n "]) + next,
  );
  return `(${joined}\n)`;
}

const STRINGS = ["", "", "u", "U", "r", "R"];
const FORMATTED = ["f", "F", "rf", "fR", "Rf", "", "r"];

function agrees(sources: readonly string[], atLeast: number): void {
  let compared = 0;
  for (const { source, template, judged } of judge(sources)) {
    if (judged.value === null) continue;
    expect(template, source).not.toBeNull();
    if (template === null) continue;
    const values = judged.holes.map(([text, problem]) => {
      expect(text, `${source}: ${problem}`).not.toBeNull();
      return text ?? "";
    });
    expect(resolveTemplate(template, values).text, source).toBe(judged.value);
    compared += 1;
  }
  expect(compared).toBeGreaterThanOrEqual(atLeast);
}

describe("decoding agrees with Python", () => {
  test("on 600 generated strings and concatenations", () => {
    const random = new Random(20260);
    agrees(
      Array.from({ length: 600 }, () => randomGroup(random, STRINGS)),
      400,
    );
  });

  test("on 800 generated f-strings, mixed with strings", () => {
    const random = new Random(7);
    agrees(
      Array.from({ length: 800 }, () => randomGroup(random, FORMATTED)),
      300,
    );
  });

  test("on every hole, escape and prefix by itself", () => {
    const strings = ESCAPES.flatMap((e) => STRINGS.map((prefix) => `${prefix}"""a${e}b"""`));
    const formatted = [...HOLES, ...ESCAPES].flatMap((e) =>
      ["f", "rf"].map((prefix) => `${prefix}"""a${e}b"""`),
    );
    agrees([...strings, ...formatted, 'f"{name:\\x3e20}"'], strings.length);
  });

  test("on backslashes before the closing quote", () => {
    const sources = [
      String.raw`r"\\"`,
      String.raw`r'\''`,
      String.raw`r"a\"b"`,
      String.raw`rf"\\{name}"`,
      String.raw`rf"\{name}"`,
      String.raw`"\\"`,
    ];
    agrees(sources, sources.length);
  });

  test("on line ends of every kind", () => {
    const sources = ["\r\n", "\n", "\r"].map((end) => `"""a${end}${end}b\\${end}c"""`);
    for (const { source, template, judged } of judge(sources)) {
      expect(template && resolveTemplate(template, []).text, source).toBe(judged.value);
      expect(judged.value).toBe("a\n\nbc");
    }
  });
});

describe("the source map", () => {
  const random = new Random(99);
  const generated = Array.from({ length: 400 }, () => randomGroup(random, STRINGS));
  const sources = judge(generated)
    .filter(({ judged }) => judged.value !== null)
    .map(({ source }) => source);

  test("every decoded stretch's source decodes back to it", () => {
    const pieces: { source: string; expected: string; written: string }[] = [];
    for (const source of sources) {
      for (const part of templateOf(source)?.parts ?? []) {
        if (part.kind === "hole") continue;
        expect(part.spans).toHaveLength(part.text.length);
        for (let unit = 0; unit < part.text.length; ) {
          const span = part.spans[unit];
          if (span === undefined) break;
          let end = unit + 1;
          while (part.spans[end] === span) end += 1;
          const expected = part.text.slice(unit, end);
          const written = source.slice(span.from, span.to);
          if (written !== expected) pieces.push({ source: `"""${written}"""`, expected, written });
          unit = end;
        }
      }
    }
    expect(pieces.length).toBeGreaterThan(300);
    const judged = askPython<Judged[]>(
      JUDGE,
      pieces.map(({ source }) => ({ source, holes: [] })),
    );
    pieces.forEach(({ expected, source, written }, index) => {
      expect(judged[index]?.value, source).toBe(expected);
      expect(written.startsWith("\\")).toBe(true);
    });
  });

  test("places ascend, never overlap, and leave out only what is not text", () => {
    for (const source of sources) {
      const template = templateOf(source);
      if (template === null) continue;
      let reached = template.span.from;
      let between = "";
      for (const part of template.parts) {
        for (const span of part.kind === "text" ? new Set(part.spans) : [part.span]) {
          expect(span.from).toBeGreaterThanOrEqual(reached);
          between += source.slice(reached, span.from);
          reached = span.to;
        }
      }
      between += source.slice(reached, template.span.to);
      const rest = between.replace(/# note 'x'\n/g, "").replace(/\\\n/g, "");
      expect(rest, source).toMatch(/^[uUrR'"\s]*$/);
    }
  });

  test("a hole's characters lie on the hole, an escape's on the escape", () => {
    const source = 'f"a\\t{name}b{{"';
    const template = templateOf(source);
    const resolved = template && resolveTemplate(template, ["🙂!"]);
    expect(resolved?.text).toBe("a\t🙂!b{");
    const written = (start: number, end: number) =>
      resolved?.spansOf(start, end).map((span) => source.slice(span.from, span.to));
    expect(written(0, 1)).toEqual(["a"]);
    expect(written(1, 2)).toEqual(["\\t"]);
    expect(written(2, 3)).toEqual(["{name}"]);
    expect(written(3, 4)).toEqual(["{name}"]);
    expect(written(4, 6)).toEqual(["b{{"]);
    expect(written(1, 4)).toEqual(["\\t{name}"]);
  });
});

describe("what Python 3.12 and later read", () => {
  test("a hole may repeat the quote, span lines and hold comments", () => {
    const source = 'f"a {d["k"]} {\n  name # who }\n} b"';
    const template = templateOf(source);
    expect(template?.span).toEqual({ from: 0, to: source.length });
    expect(template && holesOf(template).map((hole) => hole.expression.source)).toEqual([
      'd["k"]',
      "name # who }",
    ]);
  });

  test("a t-string is read like an f-string", () => {
    const template = templateOf('x = t"Hello {name!r:>9}"');
    expect(template && holesOf(template)[0]?.expression).toEqual({
      source: "name",
      conversion: "r",
      format_spec: ">9",
    });
  });
});

test("a half-typed hole does not swallow what follows", () => {
  const source = 'a = f"Hello {name"\nb = "Paris"\n';
  expect(promptLiterals(source)).toEqual(["Hello {name", "Paris"]);
});

test("what the kernel may read at once", () => {
  const kinds = (body: string) => {
    const template = templateOf(`f"""${body}"""`);
    return template && holesOf(template).map((hole) => hole.readAtOnce);
  };
  expect(kinds("{name}{été}{3}{'x'}{1.5:.2f}\\N{BULLET}")).toEqual([true, true, true, true, true, true]);
  expect(kinds("{name.x}{name[0]}{f(x)}{a + b}{n:>{w}}{f'{x}'}")).toEqual([
    false,
    false,
    false,
    false,
    false,
    false,
  ]);
});
