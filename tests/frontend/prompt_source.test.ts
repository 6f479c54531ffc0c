/** Truth: what a person pointing there would say the prompt is, written out by hand. `|` is the cursor, `«…»` a selection. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type DocumentLanguage,
  type FoundPrompt,
  findPrompt,
  holesOf,
  promptLiterals,
  resolveTemplate,
  templatesOf,
} from "../../extension_frontend/core/src/prompt_source.js";

interface Pointed {
  found: FoundPrompt;
  source: string;
  /** Every template's text, holes shown as their ‹source›. */
  texts: string[];
  /** What the document has at the prompt's span. */
  written: string | null;
}

function point(marked: string, language: DocumentLanguage = "python"): Pointed {
  const from = marked.search(/[|«]/);
  const to = marked.includes("»") ? marked.indexOf("»") - 1 : from;
  const source = marked.replace(/[|«»]/g, "");
  const found = findPrompt(source, { from, to }, language);
  const templates = templatesOf(found);
  const span = found.kind === "none" ? null : found.kind === "text" ? found.template.span : found.span;
  return {
    found,
    source,
    texts: templates.map(
      (template) =>
        resolveTemplate(
          template,
          holesOf(template).map((hole) => `‹${hole.expression.source}›`),
        ).text,
    ),
    written: span && source.slice(span.from, span.to),
  };
}

const text = (marked: string, language?: DocumentLanguage) => {
  const { found, texts } = point(marked, language);
  return found.kind === "text" ? `${found.origin}: ${texts[0]}` : `${found.kind}`;
};

describe("with a cursor in Python", () => {
  test.each([
    ['prompt = "The capital of |France is"', "literal: The capital of France is"],
    ['prompt = |"The capital"', "literal: The capital"],
    ['prompt = "The capital"|', "literal: The capital"],
    ["f(\"a\", |'b')", "literal: b"],
    ['x = f"Hello {na|me}, {n:.2f}"', "fstring: Hello ‹name›, ‹n›"],
    ['x = ("one "\n  |  "two " # note\n r"\\three")', "literal: one two \\three"],
    ['x = ("one {x} "\n  f"tw|o {x}")', "fstring: one {x} two ‹x›"],
    ['def f():\n  """A doc|string."""', "literal: A docstring."],
    ['d = {"k|ey": 1}', "literal: key"],
    ['pro|mpt = "Assigned"', "literal: Assigned"],
    ['prompt: str| = ("Assi" "gned")', "name"],
    ['generate(pro|mpt="Passed")', "literal: Passed"],
    ["x = b'by|tes'", "none"],
    ["x = 4|2", "none"],
    ["|", "none"],
    ["gen|erate(prompt)", "none"],
    ["import mod|ule", "none"],
    ["from a import b as na|me", "none"],
    ["import module\nuse(mod|ule)", "none"],
    ["module = load()\nimport module\nuse(mod|ule)", "name"],
    ["def ans|wer(text):\n    return text", "none"],
    ["def answer(text):\n    return te|xt", "name"],
    ["class Mo|del:\n    pass", "none"],
    ['x = "unclosed |string\ny = 1', "literal: unclosed string"],
    ['x = """never cl|osed\nat all', "literal: never closed\nat all"],
    ['x = f("a" "b|", c', "literal: ab"],
    ['x = t"Hel|lo {name}"', "fstring: Hello ‹name›"],
  ])("%s", (marked, expected) => expect(text(marked)).toBe(expected));

  test("a variable is named, dotted ones are explained", () => {
    expect(point("generate(my_pro|mpt)").found).toEqual({
      kind: "name",
      name: "my_prompt",
      span: { from: 9, to: 18 },
    });
    expect(point("generate(my_prompt|)").found).toMatchObject({ kind: "name", name: "my_prompt" });
    expect(point("generate(prompt=te|xt)").found).toMatchObject({ kind: "name", name: "text" });
    expect(point("generate(prom|pt=text)").found).toMatchObject({ kind: "name", name: "text" });
    expect(point("été|").found).toMatchObject({ kind: "name", name: "été" });
    expect(point("prom|pt.strip()").found).toMatchObject({ kind: "name", name: "prompt" });
    const dotted = point("self.prom|pt").found;
    expect(dotted.kind === "none" && dotted.reason).toMatch(/plain variables/);
  });

  test("the span covers all that is joined, quotes included", () => {
    expect(point('x = ("one "\n   "t|wo")').written).toBe('"one "\n   "two"');
  });
});

describe("names in double braces", () => {
  test.each<[string, string, DocumentLanguage?]>([
    ['p = "Hello {{ na|me }}, {{n}}!"', "literal: Hello ‹name›, ‹n›!"],
    ["Dear {{ na|me }},\nhow are you?", "paragraph: Dear ‹name›,\nhow are you?", "text"],
    ["%%explain\nDear {{ na|me }}", "paragraph: Dear ‹name›"],
    // Selected, it is what stands there.
    ["Dear «{{ name }}»,", "selection: {{ name }}", "text"],
    ['p = "Hello «{{ name }}»!"', "selection: {{ name }}"],
    // Braces of an f-string are its own.
    ['p = f"Hello {{{{ na|me }}}} {x}"', "fstring: Hello {{ name }} ‹x›"],
    // Rendered half it would be another prompt.
    ['p = "{{ name }} {% if |x %}y{% endif %}"', "literal: {{ name }} {% if x %}y{% endif %}"],
    ['p = "{{ na|me ~ x }}"', "literal: {{ name ~ x }}"],
    ['p = "{{ a.b }} {{ na|me }}"', "literal: {{ a.b }} {{ name }}"],
    ['p = "{{- na|me }}"', "literal: {{- name }}"],
    ['p = "{{{ na|me }}}"', "literal: {{{ name }}}"],
    ['p = \'{"a": {"b|": 1}}\'', 'literal: {"a": {"b": 1}}'],
  ])("%s", (marked, expected, language) => {
    expect(text(marked, language)).toBe(expected);
  });

  test("they stand where they are written, and are read at once", () => {
    const { found, source } = point('p = "Ünï {{ land }} \\u0041 {{ x }}|"');
    if (found.kind !== "text") throw new Error(found.kind);
    const holes = holesOf(found.template);
    expect(holes.map(({ span }) => source.slice(span.from, span.to))).toEqual(["{{ land }}", "{{ x }}"]);
    expect(holes.every(({ readAtOnce }) => readAtOnce)).toBe(true);
    const { text: filled, spansOf } = resolveTemplate(found.template, ["Wales", "7"]);
    expect(filled).toBe("Ünï Wales A 7");
    const places = spansOf(4, 9).map(({ from, to }) => source.slice(from, to));
    expect(places).toEqual(["{{ land }}"]);
  });

  test("messages have them too", () => {
    const marked =
      'm = [{"role": "user", "content": "Hello {{ na|me }}"}, {"role": "user", "content": f"{{{{x}}}}"}]';
    expect(point(marked).texts).toEqual(["Hello ‹name›", "{{x}}"]);
  });
});

describe("a literal that is formatted at once", () => {
  test.each<[string, string]>([
    ['p = "Hello {na|me}, {n:.2f}!".format(name=who, n=total)', "literal: Hello ‹who›, ‹total›!"],
    ['p = "{} and {|}, {{so}}".format(a, f(b))', "literal: ‹a› and ‹f(b)›, {so}"],
    ['p = ("one {x} "\n  "two {0|!r}").format(a, x=b)', "literal: one ‹b› two ‹a›"],
    // What only running it would tell stays text.
    ['p = "Hello {na|me}".format(**values)', "literal: Hello {name}"],
    ['p = "Hello {na|me.first}".format(name=who)', "literal: Hello {name.first}"],
    ['p = "Hello {na|me}".format(other=who)', "literal: Hello {name}"],
    ['p = "Hello {na|me".format(name=who)', "literal: Hello {name"],
    ['p = "Hello {na|me}".strip()', "literal: Hello {name}"],
    ['p = "Hello {na|me}"', "literal: Hello {name}"],
  ])("%s", (marked, expected) => {
    expect(text(marked)).toBe(expected);
  });

  test("its fields stand in the literal; only names are read at once", () => {
    const { found, source } = point('p = "{a} {b!r:>3}|".format(a=x, b=y + 1)');
    if (found.kind !== "text") throw new Error(found.kind);
    const holes = holesOf(found.template);
    expect(holes.map(({ span }) => source.slice(span.from, span.to))).toEqual(["{a}", "{b!r:>3}"]);
    expect(holes.map(({ readAtOnce }) => readAtOnce)).toEqual([true, false]);
    expect(holes[1]?.expression).toEqual({ source: "y + 1", conversion: "r", format_spec: ">3" });
  });
});

describe("with a selection in Python", () => {
  test.each([
    ['x = "The «capital of» France"', "selection: capital of"],
    ['x = "The« capital »of"', "selection:  capital "],
    ['x = «"The\\tcapital"»', "literal: The\tcapital"],
    ['x = («"a" "b"»)', "literal: ab"],
    ['x = «("a"\n"b")»', "literal: ab"],
    ['x = ("a" «"b"»)', "literal: b"],
    ['x = ("a«bc" "de»f")', "selection: bcde"],
    ['x = "tab\\«t»"', "selection: \t"],
    ['x = f"to {na«me} and» on"', "selection: ‹name› and"],
    ['x = f"{«name»}"', "selection: ‹name›"],
    ['«x = "code"\nprint(x)»', 'selection: x = "code"\nprint(x)'],
    ["«name»", "name"],
    ["«   »", "none"],
    ["x = b'by«te»s'", "none"],
    ['x = "🙂«🙃»"', "selection: 🙃"],
  ])("%s", (marked, expected) => expect(text(marked)).toBe(expected));
});

describe("conversations", () => {
  const chat = (content: string) =>
    `messages = [\n {"role": "system", "content": "Be brief."},  # first\n {"role": "user", "content": ${content}},\n]`;

  test("the clicked message brings the whole conversation", () => {
    const { found, texts, written, source } = point(chat('f"Tell {na|me} " "why"'));
    expect(found).toMatchObject({ kind: "messages", clicked: 1 });
    expect(found.kind === "messages" && found.messages.map((message) => message.role)).toEqual([
      "system",
      "user",
    ]);
    expect(texts).toEqual(["Be brief.", "Tell ‹name› why"]);
    expect(written).toBe(source.slice("messages = ".length));
  });

  test("contents may be names or expressions; the list may be an argument, or pointed at by name", () => {
    expect(point(chat("quest|ion")).texts).toEqual(["Be brief.", "‹question›"]);
    const called = point(chat("ask|(1)")).found;
    expect(called.kind === "messages" && called.messages[1]?.template.parts[0]).toMatchObject({
      readAtOnce: false,
    });
    expect(point(`mess|ages = [{"role": "user", "content": "x"}]`).found).toMatchObject({
      kind: "messages",
      clicked: 0,
    });
    expect(point(`f(mess|ages=[{"role": "user", "content": "x"}])`).found).toMatchObject({
      kind: "messages",
    });
    expect(point(`f(«[{"role": "user", "content": "x"}]»)`).found).toMatchObject({ kind: "messages" });
    expect(point(`f([{"ro|le": "user", "content": "x"}])`).found).toMatchObject({ kind: "messages" });
  });

  test.each([
    '[*history, {"role": "user", "content": "th|is"}]',
    '[{"role": "user", "content": "th|is"}, other]',
    '[{"role": role, "content": "th|is"}]',
    '[{"role": "tool", "content": "th|is", "tool_call_id": "1"}]',
    '[{"role": "user", "content": b"x"}, "th|is"]',
    '[dict(role="user", content="th|is")]',
    '[{"role": "user", "content": [{"type": "text", "text": "th|is"}]}]',
    'f(mess|ages=[*history, {"role": "user", "content": "this"}])',
    'f(«[*history, {"role": "user", "content": "this"}]»)',
  ])("one that cannot be read whole is not explained in part: %s", (marked) => {
    const { found } = point(marked);
    expect(found.kind === "none" && found.reason).toMatch(/right-click the variable/);
  });

  test("… but the kernel knows its variable, and marked text is that text", () => {
    expect(text('mess|ages = [*history, {"role": "user", "content": "this"}]')).toBe("name");
    expect(point('[*hist|ory, {"role": "user", "content": "this"}]').found).toMatchObject({
      kind: "name",
      name: "history",
    });
    expect(text('[*history, {"role": "user", "content": "«this» one"}]')).toBe("selection: this");
  });
});

describe("in Jupyter cells", () => {
  test.each([
    ["%time f('x')\n!echo it's here\nz = 'qu|ery'", "literal: query"],
    ["%%time\nz = 'qu|ery'", "literal: query"],
    ["files = !ls it's\nz = 'qu|ery'", "literal: query"],
    ["x = %timeit -o f(\"'\")\nz = 'qu|ery'", "literal: query"],
    ["str.split?\n?len\nz = 'qu|ery'", "literal: query"],
    ["!ls \\\n it's\nz = 'qu|ery'", "literal: query"],
    ['z = """\n%time isn\'t\n!a mag|ic\n"""', "literal: \n%time isn't\n!a magic\n"],
    ["z = [10\n% len('it'), 'qu|ery']", "literal: query"],
    ["z = 10 \\\n% 3\ny = 'qu|ery'", "literal: query"],
    ["%%explain --method ig\nThe cap|ital of\n\nFrance is\n", "paragraph: The capital of\n\nFrance is"],
    ["%%explain\nThe «capital» of", "selection: capital"],
    ["%%bash\necho it's |me\n\nls", "paragraph: echo it's me"],
    ["x = = ( ] 'brok|en' }", "literal: broken"],
  ])("%s", (marked, expected) => expect(text(marked)).toBe(expected));

  test("literals of a cell, without f-strings and bytes", () => {
    expect(promptLiterals(`%time\na = "x" 'y'\nf("z\\n", b"no", f"{no}", r'\\d')`)).toEqual([
      "xy",
      "z\n",
      "\\d",
    ]);
    expect(promptLiterals("%%explain\n'no'")).toEqual([]);
  });
});

describe("in text", () => {
  test.each([
    ["One\ntw|o\n\nthree", "paragraph: One\ntwo"],
    ["One\r\ntwo|\r\n\r\nthree", "paragraph: One\ntwo"],
    ["One\n\nthr|ee\n", "paragraph: three"],
    ["One\n|\nthree", "none"],
    ["O«ne\r\n\r\nth»ree", "selection: ne\n\nth"],
    ["«  »x", "none"],
    ["# Title {{ na|me }}", "paragraph: # Title ‹name›"],
  ])("%j", (marked, expected) => expect(text(marked, "text")).toBe(expected));
});

test("nothing a person types makes it throw, and every span lies in the document", () => {
  const fragments = fc.array(
    fc.constantFrom("f'", '"""', "'", '"', "{", "}", "[", "]", "(", ")", "\\", "\n", "\r\n", "%", "!", "?", "x", " = ",
      ",", ":", "🙂", "\\N{", "\\x4", "role", "content", "%%time\n", "rb'", "#", "\ud800", "{x!r:>{w}}", "    "),
    { maxLength: 40 },
  ); // biome-ignore format: one table
  fc.assert(
    fc.property(fragments, fc.nat(), fc.nat(), fc.boolean(), (pieces, one, other, asText) => {
      const source = pieces.join("");
      const from = one % (source.length + 1);
      const selection = { from, to: Math.max(from, other % (source.length + 1)) };
      const found = findPrompt(source, selection, asText ? "text" : "python");
      promptLiterals(source);
      for (const template of templatesOf(found)) {
        const resolved = resolveTemplate(
          template,
          holesOf(template).map(() => "v🙂"),
        );
        for (const span of [template.span, ...resolved.spansOf(0, resolved.text.length)]) {
          expect(0 <= span.from && span.from <= span.to && span.to <= source.length).toBe(true);
        }
      }
    }),
    { seed: 5, numRuns: 3000 },
  );
});
