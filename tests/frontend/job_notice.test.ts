/** Truth: a clock moved by hand, and a list of everything a person was told. */
import { type ISignal, Signal } from "@lumino/signaling";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Explainer } from "../../extension_frontend/core/src/explaining/explainer.js";
import { JobNotice } from "../../extension_frontend/core/src/explaining/job_notice.js";
import { errorResult } from "../../extension_frontend/core/src/job.js";
import type { PanePhase } from "../../extension_frontend/core/src/views/pane_state.js";

type Running = Extract<PanePhase, { at: "running" }>;
const running = (change: Partial<Running> = {}): Running => ({
  at: "running",
  progress: null,
  status: "running",
  ahead: 0,
  ...change,
});
const failed = (code: Parameters<typeof errorResult>[0]): PanePhase => ({
  at: "failed",
  error: errorResult(code, "It failed.", "Do this."),
});

let told: string[];
let become: (phase: PanePhase) => void;
let inView: boolean;

beforeEach(() => {
  vi.useFakeTimers();
  told = [];
  inView = false;
  const owner = {};
  const changed = new Signal<object, object>(owner);
  const explanation = {
    state: { phase: { at: "empty" } as PanePhase },
    get running() {
      return explanation.state.phase.at === "running";
    },
  };
  become = (phase) => {
    explanation.state = { phase };
    changed.emit(explanation);
  };
  const explainer = { stateChanged: changed as ISignal<object, object> } as unknown as Explainer;
  new JobNotice(explainer, {
    inView: () => inView,
    progress: (_, message, fraction) => {
      told.push(`shows ${message} ${fraction}`);
      return {
        update: (now, part) => told.push(`now ${now} ${part}`),
        close: () => told.push("takes it back"),
      };
    },
    problem: (_, { code }, failed) => {
      told.push(`${failed ? "says" : "asks"} ${code}`);
      return { close: () => told.push(`takes ${code} back`) };
    },
  });
});
afterEach(() => vi.useRealTimers());

test("what is done within a second is told to nobody", () => {
  become(running());
  vi.advanceTimersByTime(900);
  become({ at: "done" });
  vi.advanceTimersByTime(5000);
  expect(told).toEqual([]);
});

test("what takes longer says so once, follows, and goes when it ends", () => {
  become(running({ status: "starting" }));
  become(running({ status: "waiting_for_kernel" }));
  vi.advanceTimersByTime(1000);
  const progress = { kind: "progress" as const, job: "j", fraction: 0.5, stage: "halfway", partial: null };
  become(running({ progress }));
  become({ at: "done" });
  vi.advanceTimersByTime(5000);
  expect(told).toEqual([
    "shows Glasspane waits: your own cell is running in this kernel. 0",
    "now Explaining: halfway 0.5",
    "takes it back",
  ]);
});

test("a kernel that only starts is not called busy with a cell", () => {
  become(running({ status: "dedicated_kernel_starting" }));
  vi.advanceTimersByTime(1000);
  become(running({ status: "kernel_starting" }));
  expect(told).toEqual(["shows Glasspane's kernel is starting … 0", "now Your kernel is starting … 0"]);
});

test("a failure is told, a question as one, and both until the person goes on", () => {
  become(running());
  become(failed("internal"));
  expect(told).toEqual(["says internal"]);
  become(running());
  become(failed("several_subjects"));
  expect(told).toEqual(["says internal", "takes internal back", "asks several_subjects"]);
  // Shown anew, but not run: it has been told.
  become(failed("several_subjects"));
  expect(told).toHaveLength(3);
});

test("what was cancelled before the second is over leaves no notice behind", () => {
  become(running());
  vi.advanceTimersByTime(500);
  become({ at: "empty" });
  become(running());
  vi.advanceTimersByTime(999);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(told).toHaveLength(1);
});

test("what comes first is no failure: a prompt to point at, text in it, a kernel that runs", () => {
  for (const code of ["no_prompt", "empty_prompt", "kernel_not_found"] as const) {
    become(running());
    become(failed(code));
  }
  expect(told.filter((each) => each.startsWith("asks"))).toHaveLength(3);
  expect(told.filter((each) => each.startsWith("says"))).toEqual([]);
});

test("where the pane in view says it too, a notice waits longer", () => {
  become(running());
  inView = true;
  vi.advanceTimersByTime(3900);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(200);
  expect(told).toHaveLength(1);
  become({ at: "done" });
  become(running());
  vi.advanceTimersByTime(2000);
  become({ at: "done" });
  vi.advanceTimersByTime(5000);
  expect(told.slice(1)).toEqual(["takes it back"]);
});
