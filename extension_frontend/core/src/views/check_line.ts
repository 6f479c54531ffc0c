/** What the check says, in a line below the tokens; or the way to ask for it. */
import { button, type Child, element } from "./element.js";
import { jobSentence } from "./pane_progress.js";
import type { PaneEvents, PaneState } from "./pane_state.js";
import { FIRST_CHECK } from "./side_state.js";
import { STANDING, VERDICT_SIGN, verdictInShort } from "./verdict.js";

export function checkLine({ check, result }: PaneState, events: PaneEvents): Child[] {
  if (result === null) return [];
  const open = () => events.tabChosen("trust");
  const trust = button("open-trust", "Trust", open, {
    class: "gp-button gp-link",
    title: "The figures behind this, each beside random rankings",
  });
  const line = (standing: string, children: readonly Child[]) =>
    element("p", { class: `gp-check-line gp-check-${standing}`, role: "status" }, children);
  switch (check.at) {
    case "unasked": {
      const ask = () => {
        open();
        events.sideAsked(FIRST_CHECK);
      };
      const title = "Is it better than a random ranking of the tokens?";
      const asking = button("ask-check", "Check this explanation", ask, {
        class: "gp-button gp-link",
        title,
      });
      return [line("unasked", [asking])];
    }
    case "running":
      return [line("running", [element("span", {}, [`Checking: ${jobSentence(check)}`]), trust])];
    case "failed":
      return [line("failed", [element("span", {}, [`Not checked: ${check.error.message}`]), trust])];
    case "done": {
      const standing = STANDING[check.answer.verdict];
      return [
        line(standing, [
          element("span", {}, [
            element("span", { class: "gp-verdict-sign", "aria-hidden": "true" }, [VERDICT_SIGN[standing]]),
            verdictInShort(check.answer),
          ]),
          trust,
        ]),
      ];
    }
  }
}
