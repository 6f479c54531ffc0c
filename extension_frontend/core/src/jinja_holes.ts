/** Names in double braces, as Jinja writes them: what the kernel knows fills them. */
import { type PromptTemplate, TemplateBuilder } from "./prompt_template.js";

const NAME = /(?<!\{)\{\{\s*([\p{L}\p{Nl}_][\p{L}\p{Nl}\p{M}\p{Nd}\p{Pc}]*)\s*\}\}(?!\})/gu;
/** Of Jinja's own: what it does is not done here, so that a text with it stays as it stands. */
const MORE = /\{%|\{#|\{\{|\}\}/;

/**
 * The template with a hole for each `{{ name }}`.
 *
 * One with anything else of Jinja's (filters, attributes, `{% … %}`, comments, `{{- name }}`, which takes away space)
 * stays the text that it is: rendered half, it would be another prompt.
 */
export function withJinjaHoles(template: PromptTemplate): PromptTemplate {
  const builder = new TemplateBuilder();
  let found = false;
  for (const part of template.parts) {
    if (part.kind === "hole") {
      builder.hole(part);
      continue;
    }
    const { text, spans } = part;
    if (MORE.test(text.replace(NAME, ""))) return template;
    let done = 0;
    for (const match of text.matchAll(NAME)) {
      const [whole, source = ""] = match;
      const [first, last] = [spans[match.index], spans[match.index + whole.length - 1]];
      if (first === undefined || last === undefined) continue;
      builder.place(text.slice(done, match.index), spans.slice(done, match.index));
      const expression = { source, conversion: "" as const, format_spec: "" };
      builder.hole({
        kind: "hole",
        expression,
        span: { from: first.from, to: last.to },
        readAtOnce: true,
      });
      done = match.index + whole.length;
      found = true;
    }
    builder.place(text.slice(done), spans.slice(done));
  }
  return found ? { parts: builder.parts, span: template.span } : template;
}
