import { visibleToken } from "../heat.js";
import { type Child, element } from "./element.js";

/** A token's text with its whitespace signs set faint. */
export function tokenText(text: string): Child[] {
  return visibleToken(text)
    .split(/([·↵⇥␍⍽◌∅]+)/)
    .filter((piece) => piece !== "")
    .map((piece) => (/^[·↵⇥␍⍽◌∅]/.test(piece) ? element("span", { class: "gp-space" }, [piece]) : piece));
}

/** A token as a part of the text that it stands in; signs only where there would be nothing to see. */
export function runningText(text: string): string {
  return text.trim() === "" ? visibleToken(text) : text.replace(/\n/g, "↵").replace(/\t/g, "⇥");
}

/** A sentence whose tokens stand between backticks, as the kernel writes it. */
export function withCode(sentence: string): Child[] {
  return sentence
    .split("`")
    .map((part, index) => (index % 2 === 1 ? element("code", { class: "gp-code" }, [part]) : part))
    .filter((part) => part !== "");
}
