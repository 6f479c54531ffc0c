/** An audit's answer: the verdict, the chain, what else was tested, and how to keep it. */
import { earlyChart } from "../../charts/early_chart.js";
import { votesChart } from "../../charts/votes_chart.js";
import type { MadeFile } from "../../made_file.js";
import type { AuditResult } from "../../protocol.js";
import { chartFrame } from "../chart_frame.js";
import { button, type Child, type Disclosures, element } from "../element.js";
import { duration, figure } from "../figures.js";
import { abilityLines } from "./ability_lines.js";
import {
  ARMS,
  auditSentences,
  auditStem,
  csvOfAudit,
  differenceWords,
  shareWords,
  spentWords,
  spokenAudit,
  stepText,
  VERDICT_CLASS,
  VERDICT_GLYPH,
} from "./audit_words.js";
import { chainLines } from "./chain_lines.js";
import { stepDetail } from "./step_detail.js";

/** What a person looks at: it stays while results come in. */
export interface AuditLook {
  step: number | null;
}

export interface AuditAnswerEvents {
  opened(step: number | null): void;
  /** The person wants to write a wrong one in place of `step`, which says `text`. */
  ownStep(step: number, text: string): void;
  copyPython(code: string): void;
  copyText(text: string): void;
  fileMade(file: MadeFile): void;
  /** The audit as a page. */
  report(): void;
}

/** A job is under way; `refining`: this is its result so far, not the one before. */
export interface AuditProgress {
  readonly running: boolean;
  readonly refining: boolean;
}

export function auditAnswer(
  result: AuditResult,
  look: AuditLook,
  { running, refining }: AuditProgress,
  disclosures: Disclosures,
  events: AuditAnswerEvents,
): Child[] {
  const { verdict } = result;
  const tested = result.findings.length > 0;
  const open = result.steps.find(({ step }) => step === look.step);
  return [
    element("h3", { class: "gp-audit-headline" }, [
      element("span", { class: `gp-verdict gp-audit-badge ${VERDICT_CLASS[verdict]}` }, [
        element("span", { class: "gp-verdict-sign", "aria-hidden": "true" }, [VERDICT_GLYPH[verdict]]),
        verdict,
      ]),
      refining
        ? element("span", { class: "gp-quiet" }, [" so far"])
        : result.complete
          ? null
          : element("span", { class: "gp-badge" }, ["not complete"]),
    ]),
    element("p", { class: "gp-audit-sentence" }, [result.sentence]),
    ...result.warnings.map((warning) => element("p", { class: "gp-caution-line" }, [`! ${warning}`])),
    chainLines(result, look.step, events),
    tested
      ? element("p", { class: "gp-quiet" }, [
          `Bar: reliance with its interval; dashed: δ = ${result.request.delta}. Open a step to see what was put in its place.`,
        ])
      : null,
    open === undefined ? null : stepDetail(result, open, disclosures, events),
    ...strip(result, events.fileMade),
    tested ? disclosures.make("audit-table", "As a table", [findingsTable(result)]) : null,
    disclosures.make("audit-read", "As text to read aloud", [
      element(
        "ul",
        { class: "gp-audit-read" },
        auditSentences(result).map((sentence) => element("li", {}, [sentence])),
      ),
      button("audit-copy-text", "Copy as text", () => events.copyText(spokenAudit(result))),
    ]),
    disclosures.make("audit-reply", "The audited reply, and what the model can do", [
      element("p", { class: "gp-code gp-audit-wrap" }, [result.reply]),
      abilityLines(result.abilities),
    ]),
    element("p", { class: "gp-quiet" }, [
      `${spentWords(result)} ${result.cost.cached ? "Known from before." : duration(result.cost.seconds)}`,
    ]),
    keeping(result, running, events),
  ];
}

/** The other tests, each with its sentence beside its chart. */
function strip(result: AuditResult, keep: (file: MadeFile) => void): Child[] {
  const { early, consistency, stability, bias, plain } = result;
  const stem = auditStem(result);
  const said = (title: string, sentences: readonly Child[]) =>
    element("div", { class: "gp-audit-part" }, [
      element("h4", { class: "gp-label" }, [title]),
      ...sentences.map((sentence) => element("p", {}, [sentence])),
    ]);
  return [
    early === null
      ? null
      : element("div", { class: "gp-audit-part" }, [
          chartFrame(`${stem}-early`, earlyChart(early.points), keep),
          element("p", {}, [early.sentence]),
        ]),
    consistency === null
      ? null
      : element("div", { class: "gp-audit-part" }, [
          chartFrame(`${stem}-answers`, votesChart(consistency.votes), keep),
          element("p", { class: consistency.votes.flagged ? "gp-caution-line" : "" }, [
            `${consistency.votes.flagged ? "! " : ""}${consistency.votes.sentence}`,
          ]),
          element("p", { class: "gp-quiet" }, [
            `Agreement ${shareWords(consistency.votes.agreement)}, not read ${shareWords(consistency.votes.unparsed)}.`,
          ]),
          consistency.parts_at === null
            ? null
            : element("p", {}, [
                `Chains part at step ${consistency.parts_at}: ${consistency.branches
                  .map(({ value, chains }) => `${value} (${chains})`)
                  .join(", ")}.`,
              ]),
        ]),
    stability.length === 0
      ? null
      : said(
          "Without these very words",
          stability.map(({ sentence }) => sentence),
        ),
    bias.length === 0
      ? null
      : said(
          "Bias",
          bias.map(({ sentence }) => sentence),
        ),
    plain.length === 0
      ? null
      : said(
          "With and without reasoning",
          plain.map(({ way, votes }) => `Asked for a ${way}: ${votes.sentence}`),
        ),
  ];
}

function findingsTable(result: AuditResult): HTMLElement {
  const heads = [
    "Step",
    "Mode",
    "Verdict",
    "Reliance",
    "All steps together",
    ...Object.values(ARMS).map((arm) => `Moved by ${arm}`),
  ];
  return element("div", { class: "gp-audit-scroll", tabindex: 0, role: "group", "aria-label": "Findings" }, [
    element("table", { class: "gp-plain-table" }, [
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
        result.findings.map((finding) => {
          const step = result.steps.find((each) => each.step === finding.step);
          return element("tr", {}, [
            element("th", { scope: "row", title: step === undefined ? null : stepText(result, step) }, [
              String(finding.step),
            ]),
            element("td", {}, [finding.mode]),
            element("td", {}, [`${VERDICT_GLYPH[finding.verdict]} ${finding.verdict}`]),
            ...[finding.reliance, finding.at_once].map((share) =>
              element("td", { class: "gp-number" }, [share === null ? "" : differenceWords(share)]),
            ),
            ...(Object.keys(ARMS) as (keyof typeof ARMS)[]).map((name) =>
              element("td", { class: "gp-number" }, [
                shareWords(finding.arms.find(({ arm }) => arm === name)?.moved ?? null),
              ]),
            ),
          ]);
        }),
      ),
    ]),
    result.early === null
      ? null
      : element("table", { class: "gp-plain-table" }, [
          element("thead", {}, [
            element("tr", {}, [
              ...["After step", "Answer", "The chain’s", "Its log p"].map((head) =>
                element("th", { scope: "col" }, [head]),
              ),
            ]),
          ]),
          element(
            "tbody",
            {},
            result.early.points.map(({ after, answer, same, log_prob }) =>
              element("tr", {}, [
                element("th", { scope: "row" }, [String(after)]),
                element("td", {}, [answer ?? "none"]),
                element("td", {}, [same === null ? "" : same ? "yes" : "no"]),
                element("td", { class: "gp-number" }, [log_prob === null ? "" : figure(log_prob)]),
              ]),
            ),
          ),
        ]),
  ]);
}

function keeping(result: AuditResult, running: boolean, events: AuditAnswerEvents): HTMLElement {
  const stem = auditStem(result);
  const keep = (ending: string, type: MadeFile["type"], content: string) =>
    events.fileMade({ name: `${stem}.${ending}`, type, content });
  return element("div", { class: "gp-buttons" }, [
    button("save-audit-html", "Report", () => events.report(), {
      title: "One page with all of it; needs no network to be read",
      disabled: running,
    }),
    button("copy-audit", "Copy as Python", () => events.copyPython(result.code)),
    button("save-audit-json", "Data", () => keep("json", "application/json", `${JSON.stringify(result)}\n`), {
      title: "All of it as JSON; gp.load reads it back",
      disabled: running,
    }),
    button("save-audit-csv", "Table", () => keep("csv", "text/csv", csvOfAudit(result)), {
      title: "A row for every step and mode, as CSV",
      disabled: running || result.findings.length === 0,
    }),
  ]);
}
