/** Truth: real audits and Python's table of rules; a planted server that counts what it is asked; documents edited by hand. */
import { ChangeSet, RangeValue } from "@codemirror/state";
import {
  type AuditedPrompt,
  type AuditResult,
  Audits,
  AuditsOnSave,
  DEFAULT_SETTINGS,
  Explainer,
  findingsOf,
  HeatField,
  HeatMemory,
  type Host,
  type JobClient,
  type JobRequest,
  type JobSnapshot,
  runnerAt,
  type Settings,
  type Site,
  SubjectMemory,
  textOf,
  Workplace,
} from "@glasspane/core";
import { expect, test, vi } from "vitest";
import { draftedAudit, firstAuditDraft } from "../../extension_frontend/core/src/views/audit/audit_draft.js";
import type { AuditQuestion } from "../../extension_frontend/core/src/views/side_state.js";
import { AUDITS } from "./audit_answers.js";
import { askPython } from "./python.js";
import { CATALOGUE } from "./sample_result.js";

const { ignores, follows, partial } = AUDITS;
const SOURCE = `before = 1\ntrain = "${ignores.prompt}"\n`;
const QUESTION = draftedAudit({
  ...firstAuditDraft(),
  tests: new Set(["injection"]),
  reference: "12",
}) as AuditQuestion;

/** A file with one prompt, and a server that answers with what is explained and with real audits. */
function desk(audits: AuditResult[] = [ignores], source = SOURCE, noModel = false) {
  const asked: JobRequest[] = [];
  let text = source;
  let open = true;
  let onClose = () => {};
  const weights = { now: AUDITS.explanation.subject.weights };
  const client = {
    start: async (job: JobRequest) => {
      asked.push(job);
      const { request } = job;
      const result =
        noModel && request.kind === "explain"
          ? { kind: "error", code: "no_subject", message: "No model was found.", next_step: "Load one." }
          : request.kind === "audit"
            ? {
                ...audits[
                  Math.min(asked.filter((each) => each.request.kind === "audit").length, audits.length) - 1
                ],
              }
            : {
                ...AUDITS.explanation,
                subject: { ...AUDITS.explanation.subject, weights: weights.now },
                request: { ...request, kind: "explain" },
              };
      return { id: `j${asked.length}`, status: "done", result, warnings: [] } as unknown as JobSnapshot;
    },
    follow: async () => Promise.reject(new Error("ended at once")),
    cancel: async () => undefined,
  } as unknown as JobClient;
  const siteNow = (document: object): Site => ({
    key: { document, id: "" },
    cellIndex: null,
    language: "python",
    path: "train.py",
    phrase: "train.py",
    source: () => text,
  });
  let site = siteNow({});
  const host: Host = {
    catalogue: async () => CATALOGUE,
    again: () => (open ? site : null),
    whenClosed: (_, then) => {
      onClose = then;
    },
    isClosed: () => !open,
    keyPlace: () => "lab kernel",
    ownKernel: () => null,
    dedicatedKernel: () => runnerAt(client, { place: "dedicated" }),
    runningKernel: (id) => runnerAt(client, { place: "kernel", kernel_id: id }),
    unforeseen: (failure) => {
      throw failure;
    },
  };
  const settings: { -readonly [Name in keyof Settings]: Settings[Name] } = {
    ...DEFAULT_SETTINGS,
    checkWhenQuick: false,
  };
  class Mark extends RangeValue {}
  const heat = new HeatMemory(new HeatField(() => new Mark()));
  const workplace = new Workplace(host, heat, new SubjectMemory(null), { of: () => settings });
  const explainer = new Explainer(workplace);
  const kept = new Audits(explainer);
  const { audited } = workplace;
  const prompt = () => audited.auditedIn(site.key)[0] as AuditedPrompt;
  return {
    audits: () => asked.flatMap(({ request }) => (request.kind === "audit" ? [request] : [])),
    audited,
    explainer,
    kept,
    settings,
    weights,
    site: () => site,
    explain: () => explainer.explainAt(site, { from: text.indexOf("carries"), to: text.indexOf("carries") }),
    audit: async (question = QUESTION) => {
      await explainer.current?.sides.ask({ side: "audit", ask: "audit", ...question });
    },
    /** What is said of the prompt, by code. */
    codes: () => audited.auditedIn(site.key).flatMap((each) => findingsOf(each).map(({ code }) => code)),
    prompt,
    marked: () => text.slice(prompt().span.from, prompt().span.to),
    edit: (what: string, becomes: string) => {
      const from = text.indexOf(what);
      const changes = ChangeSet.of({ from, to: from + what.length, insert: textOf(becomes) }, text.length);
      const before = textOf(text);
      text = text.slice(0, from) + becomes + text.slice(from + what.length);
      heat.edited(site.key, changes, before);
      audited.edited(site.key, changes, before);
    },
    write: (now: string) => {
      text = now;
      audited.sync(site);
    },
    close: () => {
      open = false;
      onClose();
    },
    open: (now: string) => {
      text = now;
      open = true;
      site = siteNow({});
      audited.reopen(site);
    },
    text: () => text,
  };
}

async function auditedDesk(...given: Parameters<typeof desk>) {
  const here = desk(...given);
  await here.explain();
  await here.audit();
  return here;
}

const IGNORED = ["ignores-step", "ignores-step"];

test("editors say what Python says, in its words, by its codes and levels", async () => {
  const rules = askPython<Record<string, string>>(
    "import json\nfrom glasspane.auditing.note_rules import RULES\nprint(json.dumps({rule.code: rule.level for rule in RULES}))",
    null,
  );
  const level = { warning: "warning", information: "note" } as const;
  for (const answer of [ignores, follows, partial]) {
    const { prompt } = await auditedDesk([answer]);
    const found = findingsOf(prompt());
    expect(found).toEqual(answer.notes.map(({ code, severity, message }) => ({ code, severity, message })));
    for (const { code, severity } of found) expect(rules[code]).toBe(level[severity]);
  }
  expect(ignores.notes.map(({ severity }) => severity)).toEqual(["warning", "warning"]);
});

test("a faithful chain marks nothing, and nothing of it is out of date", async () => {
  const { codes, edit } = await auditedDesk([{ ...follows, notes: [] }]);
  expect(codes()).toEqual([]);
  edit("carries 20", "carries 30");
  expect(codes()).toEqual([]);
});

test("changed, a prompt has one finding that says so and what was said; changed back, all of them", async () => {
  const { codes, edit, prompt, marked } = await auditedDesk();
  expect(codes()).toEqual(IGNORED);
  edit("before = 1", "before = 1\nafter = 2");
  expect([codes(), marked()]).toEqual([IGNORED, `"${ignores.prompt}"`]);
  edit("carries 20", "carries 30");
  expect(findingsOf(prompt())).toEqual([
    {
      code: "out-of-date",
      severity: "information",
      message:
        "The prompt has changed since it was audited: run the audit again. It said: the answer ignores step 1; the answer ignores step 2.",
    },
  ]);
  edit("carries 30", "carries 20");
  expect(codes()).toEqual(IGNORED);
});

test("what an endpoint's audit found stays where no model explains the prompt, and whatever becomes of models here", async () => {
  const model = { of: "endpoint", address: "http://127.0.0.1:1/v1", name: "far", variable: "KEY" } as const;
  const bare = desk([ignores], SOURCE, true);
  await bare.explain();
  expect(bare.explainer.current?.state.result).toBeNull();
  await bare.audit({ ...QUESTION, model });
  expect(bare.codes()).toEqual(IGNORED);
  bare.edit("carries 20", "carries 30");
  expect(bare.codes()).toEqual(["out-of-date"]);
  await bare.kept.runAgain(bare.prompt().id);
  expect(bare.audits().map(({ prompt }) => (prompt.form === "text" ? prompt.text : null))).toEqual([
    ignores.prompt,
    ignores.prompt.replace("20", "30"),
  ]);
  expect(bare.codes()).toEqual(IGNORED);
  const beside = desk();
  await beside.explain();
  await beside.audit({ ...QUESTION, model });
  beside.weights.now = "trained on";
  await beside.explain();
  expect(beside.codes()).toEqual(IGNORED);
});

test("a deleted prompt takes its findings along; put back, it has them again", async () => {
  const { codes, edit, marked, text } = await auditedDesk();
  const line = `train = "${ignores.prompt}"\n`;
  edit(line, "");
  expect(codes()).toEqual([]);
  edit("before = 1\n", `before = 1\n${line}`);
  expect([codes(), marked()]).toEqual([IGNORED, `"${ignores.prompt}"`]);
  edit(text(), "");
  expect(codes()).toEqual([]);
});

test("a text replaced as a whole keeps the findings of a prompt that stands there once, unchanged", async () => {
  const { codes, write, marked } = await auditedDesk();
  write(`"""A module."""\n\n\ndef ask():\n    return "${ignores.prompt}"\n`);
  expect([codes(), marked()]).toEqual([IGNORED, `"${ignores.prompt}"`]);
  write(`"""A module."""\n\n\ndef ask():\n    return "${ignores.prompt.replace("20", "30")}"\n`);
  expect(codes()).toEqual(["out-of-date"]);
  write("");
  expect(codes()).toEqual([]);
});

test("clearing heat and explaining again leave the findings, and the pane its audit", async () => {
  const { codes, explain, explainer, audits } = await auditedDesk();
  explainer.current?.clearHeat();
  expect(codes()).toEqual(IGNORED);
  await explain();
  expect(codes()).toEqual(IGNORED);
  expect(explainer.current?.state.audit).toMatchObject({
    at: "done",
    answer: { verdict: "unfaithful here" },
  });
  expect(audits()).toHaveLength(1);
});

test("other weights make them out of date, the same ones again true", async () => {
  const { explainer, codes, prompt, weights } = await auditedDesk();
  const { now } = weights;
  weights.now = "other";
  await explainer.current?.start();
  expect(codes()).toEqual(["out-of-date"]);
  expect(findingsOf(prompt())[0]?.message).toMatch(/^The model's weights have changed since/);
  weights.now = now;
  await explainer.current?.start();
  expect(codes()).toEqual(IGNORED);
  expect(explainer.current?.state.audit.at).toBe("done");
});

test("cleared, they do not come back by themselves, only with another audit", async () => {
  const { explainer, kept, codes, audit } = await auditedDesk();
  kept.clear(null);
  explainer.current?.openTab("tokens");
  expect(codes()).toEqual([]);
  await audit();
  expect(codes()).toEqual(IGNORED);
});

test("run again asks what was asked before, about the prompt as it stands now", async () => {
  const { audits, codes, edit, kept, prompt, explainer } = await auditedDesk([ignores, partial]);
  edit("carries 20", "carries 30");
  explainer.current?.clearHeat();
  await kept.runAgain(prompt().id);
  const [first, second] = audits();
  expect(second).toEqual({
    ...first,
    prompt: { ...first?.prompt, text: ignores.prompt.replace("20", "30") },
  });
  expect(codes()).toEqual(partial.notes.map(({ code }) => code));
  // Heat that was cleared is not drawn for it.
  expect(explainer.current?.state.heatShown).toBe(false);
  expect(explainer.current?.state.tab).toBe("audit");
});

test("a document that is closed and opened again has its findings; what changed meanwhile counts as an edit", async () => {
  for (const [now, expected] of [
    [SOURCE, IGNORED],
    [`# note\n${SOURCE}`, IGNORED],
    [SOURCE.replace("carries 20", "carries 30"), ["out-of-date"]],
    ["nothing = 1\n", []],
  ] as const) {
    const { close, open, codes, explainer, kept, audited, site } = await auditedDesk();
    close();
    expect([explainer.explanations, codes()]).toEqual([[], []]);
    open(now);
    expect(codes()).toEqual(expected);
    if (now !== SOURCE) continue;
    await kept.open(audited.auditedIn(site().key)[0]?.id ?? "");
    expect(explainer.current?.state).toMatchObject({ tab: "audit", audit: { at: "done" } });
    expect(codes()).toEqual(IGNORED);
  }
});

test("a save audits nothing unless the settings say so, then what changed, then nothing more", async () => {
  const { explainer, audits, edit, settings, site, codes } = await auditedDesk();
  const tell = vi.fn();
  const progress = vi.fn(() => ({ update() {}, close() {} }));
  const saves = new AuditsOnSave(explainer, { progress }, tell);
  edit("carries 20", "carries 30");
  await saves.saved(site().key.document);
  expect(audits()).toHaveLength(1);
  settings.auditOnSave = "local";
  await saves.saved({});
  expect(audits()).toHaveLength(1);
  await saves.saved(site().key.document);
  expect(audits()).toHaveLength(2);
  expect(audits()[1]).toMatchObject({ budget: { calls: 2000, tokens: null } });
  expect([codes(), progress.mock.calls.length, tell.mock.calls.length]).toEqual([IGNORED, 1, 0]);
  await saves.saved(site().key.document);
  expect(audits()).toHaveLength(2);
});

test("what audits on save send is counted; once it is spent they stop, and say so once", async () => {
  const { explainer, audits, edit, settings, site } = await auditedDesk();
  const { calls } = ignores.spent;
  settings.auditOnSave = "local";
  settings.auditOnSaveCalls = calls + 10;
  const tell = vi.fn();
  const saves = new AuditsOnSave(explainer, { progress: () => ({ update() {}, close() {} }) }, tell);
  edit("carries 20", "carries 30");
  await saves.saved(site().key.document);
  edit("carries 30", "carries 40");
  await saves.saved(site().key.document);
  expect(audits().map(({ budget }) => budget.calls)).toEqual([null, calls + 10, 10]);
  expect(tell).toHaveBeenCalledExactlyOnceWith(
    expect.stringContaining(`${2 * calls} of the ${calls + 10} calls that the settings allow`),
  );
  edit("carries 40", "carries 50");
  await saves.saved(site().key.document);
  expect([audits().length, tell.mock.calls.length]).toEqual([3, 1]);
  settings.auditOnSaveCalls = 3 * calls;
  await saves.saved(site().key.document);
  expect(audits()).toHaveLength(4);
});

test("endpoints are asked on save only where the settings name them", async () => {
  const endpoint: AuditResult = {
    ...ignores,
    request: {
      ...ignores.request,
      model: { source: "endpoint", base_url: "http://127.0.0.1:1/v1", model: "m", key_variable: "K" },
    },
  };
  const { explainer, audits, edit, settings, site } = await auditedDesk([endpoint]);
  const saves = new AuditsOnSave(explainer, { progress: () => ({ update() {}, close() {} }) }, vi.fn());
  edit("carries 20", "carries 30");
  settings.auditOnSave = "local";
  await saves.saved(site().key.document);
  expect(audits()).toHaveLength(1);
  settings.auditOnSave = "endpoints";
  await saves.saved(site().key.document);
  expect(audits()).toHaveLength(2);
});
