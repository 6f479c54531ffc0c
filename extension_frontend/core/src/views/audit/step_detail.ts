/** One step opened: what was put in its place, what the model then wrote, and both measures. */
import type { ArmFinding, AuditReply, AuditResult, AuditStep, StepFinding } from "../../protocol.js";
import { button, type Child, type Disclosures, element } from "../element.js";
import { figure } from "../figures.js";
import {
  ARMS,
  differenceWords,
  levelWords,
  MODES,
  OUTCOMES,
  shareWords,
  slice,
  VERDICT_CLASS,
  VERDICT_GLYPH,
} from "./audit_words.js";
import { wordChanges } from "./word_changes.js";

/** Different replies of an arm that are shown at once. */
const SHOWN_REPLIES = 12;

export function stepDetail(
  result: AuditResult,
  step: AuditStep,
  disclosures: Disclosures,
  events: { opened(step: null): void; ownStep(step: number, text: string): void },
): HTMLElement {
  const findings = result.findings.filter((finding) => finding.step === step.step);
  const body = slice(result.reply, step.body_start, step.end);
  return element(
    "div",
    { class: "gp-patch-detail gp-audit-detail", role: "group", "aria-label": "The opened step" },
    [
      element("div", { class: "gp-head-title" }, [
        element("h3", {}, [`Step ${step.step}`]),
        button("audit-step-close", "Close", () => events.opened(null), { class: "gp-button gp-link" }),
      ]),
      element("p", { class: "gp-code gp-audit-wrap" }, [body.trim()]),
      button("audit-step-own", "Write a wrong step yourself", () => events.ownStep(step.step, body.trim())),
      ...findings.flatMap((finding) => ofMode(result, step, finding, disclosures)),
    ],
  );
}

/** Of wrong steps that no computation shows to be wrong. */
const WRITTEN_BY: Readonly<Record<StepFinding["wrong_by"], string>> = {
  rule: "not computed",
  user: "not computed: as they were written by a person",
  model: "not computed: the model wrote them, and they may be true",
};

function ofMode(
  result: AuditResult,
  step: AuditStep,
  finding: StepFinding,
  disclosures: Disclosures,
): Child[] {
  const { verdict, mode, reliance, at_once, more } = finding;
  const facts: readonly (readonly [string, string] | null)[] = [
    reliance === null ? null : ["Reliance", `${differenceWords(reliance)}, at ${levelWords(reliance)}`],
    at_once === null ? null : ["For all steps together", differenceWords(at_once)],
    ["Wrong steps", finding.verified_wrong ? "computed to be wrong" : WRITTEN_BY[finding.wrong_by]],
    finding.overdetermined
      ? ["Overdetermined", "the same value is said again, or can be reached another way"]
      : null,
    more === null ? null : ["To decide", `+${more} samples per arm, if shares stay as they are`],
  ];
  return [
    element("h4", { class: "gp-audit-mode" }, [
      element("span", { class: `gp-audit-verdict ${VERDICT_CLASS[verdict]}` }, [
        element("span", { class: "gp-audit-glyph", "aria-hidden": "true" }, [VERDICT_GLYPH[verdict]]),
        verdict,
      ]),
      element("span", { class: "gp-quiet" }, [`${mode}: ${MODES[mode]}`]),
    ]),
    element("p", {}, [finding.sentence]),
    element(
      "dl",
      { class: "gp-facts" },
      facts
        .filter((fact) => fact !== null)
        .flatMap(([name, said]) => [element("dt", {}, [name]), element("dd", {}, [said])]),
    ),
    armTable(finding),
    ...finding.arms.map((arm) =>
      disclosures.make(
        `audit-${step.step}-${mode}-${arm.arm}`,
        `${capital(ARMS[arm.arm])}: ${arm.replies.length} replies`,
        armReplies(result, step, finding, arm, disclosures),
      ),
    ),
  ];
}

function armTable({ arms }: StepFinding): HTMLElement {
  const scored = arms.some((arm) => arm.log_prob_original !== null);
  const heads = [
    "Put in",
    "Answer moved",
    ...OUTCOMES,
    ...(scored ? ["Δ log p, original answer", "Δ log p, what follows"] : []),
  ];
  const number = (said: string) => element("td", { class: "gp-number" }, [said]);
  const nats = (value: number | null) => number(value === null ? "" : figure(value, true));
  return element(
    "div",
    { class: "gp-audit-scroll", tabindex: 0, role: "group", "aria-label": "What became of the answer" },
    [
      element("table", { class: "gp-plain-table gp-audit-arms" }, [
        element("thead", {}, [
          element(
            "tr",
            {},
            heads.map((head) => element("th", { scope: "col" }, [head])),
          ),
        ]),
        element(
          "tbody",
          {},
          arms.map((arm) =>
            element("tr", {}, [
              element("th", { scope: "row" }, [ARMS[arm.arm]]),
              number(shareWords(arm.moved)),
              ...OUTCOMES.map((outcome) => number(String(arm.outcomes[outcome] ?? 0))),
              ...(scored ? [nats(arm.log_prob_original), nats(arm.log_prob_consequence)] : []),
            ]),
          ),
        ),
      ]),
    ],
  );
}

function armReplies(
  result: AuditResult,
  step: AuditStep,
  finding: StepFinding,
  arm: ArmFinding,
  disclosures: Disclosures,
): Child[] {
  const original = slice(result.reply, step.body_start, step.end).trim();
  const before = finding.mode === "continue" ? slice(result.reply, step.end) : "";
  const groups = grouped(arm.replies);
  const rows = groups.map((group) => replyRow(group, before));
  const texts = [...new Set(arm.written)];
  const key = `audit-${step.step}-${finding.mode}-${arm.arm}-more`;
  return [
    element("p", { class: "gp-quiet" }, ["Put in the step’s place, and how it differs:"]),
    element(
      "ul",
      { class: "gp-audit-replies" },
      texts.map((text) => element("li", { class: "gp-code gp-audit-wrap" }, changed(original, text.trim()))),
    ),
    arm.consequence === null
      ? null
      : element("p", {}, [
          `From ${texts.length > 1 ? "the first of them" : "it"} follows the answer `,
          element("strong", {}, [arm.consequence]),
          ".",
        ]),
    element("p", { class: "gp-quiet" }, [
      before === ""
        ? "What the model then answered:"
        : "What the model then wrote, as it differs from the original chain:",
    ]),
    element("ul", { class: "gp-audit-replies" }, rows.slice(0, SHOWN_REPLIES)),
    rows.length <= SHOWN_REPLIES
      ? null
      : disclosures.make(key, `${rows.length - SHOWN_REPLIES} more`, [
          element("ul", { class: "gp-audit-replies" }, rows.slice(SHOWN_REPLIES)),
        ]),
  ];
}

interface Alike {
  readonly reply: AuditReply;
  readonly seeds: number[];
}

/** Replies that say the same, the most frequent first. */
function grouped(replies: readonly AuditReply[]): Alike[] {
  const groups = new Map<string, Alike>();
  for (const reply of replies) {
    const key = JSON.stringify([reply.text, reply.outcome, reply.finish]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { reply, seeds: [reply.seed] });
    else group.seeds.push(reply.seed);
  }
  return [...groups.values()].sort((one, other) => other.seeds.length - one.seeds.length);
}

function replyRow({ reply, seeds }: Alike, before: string): HTMLElement {
  const cut = reply.finish === "stop" ? "" : `, ended by ${reply.finish}`;
  return element("li", {}, [
    element("span", { class: "gp-quiet", title: `Seeds ${seeds.join(", ")}` }, [
      `${seeds.length} × ${reply.outcome} → ${reply.answer ?? "no answer"}${cut}`,
    ]),
    element("div", { class: "gp-code gp-audit-wrap" }, changed(before, reply.text)),
  ]);
}

/** Words that were added are underlined, words that are gone struck through. */
function changed(before: string, after: string): Child[] {
  if (before === "") return [after];
  return wordChanges(before, after).map(({ kind, text }) =>
    kind === "same"
      ? text
      : kind === "added"
        ? element("ins", { class: "gp-audit-added" }, [text])
        : element("del", { class: "gp-audit-gone" }, [text]),
  );
}

const capital = (said: string): string => said.charAt(0).toUpperCase() + said.slice(1);
