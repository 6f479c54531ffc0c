/** Truth: the files in the folder for temporary files, and the order in which a kernel's outputs arrive. */
import { existsSync } from "node:fs";
import { errorResult, type Progress } from "@glasspane/core";
import { expect, test } from "vitest";
import { KernelJob } from "../../extension_frontend/vscode/src/kernel_job.js";
import { sampleResult } from "./sample_result.js";

const job = () => new KernelJob({ kind: "catalogue" }, "0.1.0");
const progress = (partial: Progress["partial"]): Progress => ({
  kind: "progress",
  job: "j",
  fraction: 0.5,
  stage: "halfway",
  partial,
});

test("a cancelled job leaves no file, however soon it is over", async () => {
  const one = job();
  const cancelling = one.cancel();
  await one.cleanUp();
  await cancelling;
  expect(existsSync(one.cancelFile)).toBe(false);
});

test("what a cancelled job had found stays", () => {
  const one = job();
  const partial = sampleResult();
  one.change({ status: "running", progress: progress(partial) });
  one.end(errorResult("cancelled", "Cancelled.", "Run it again."));
  expect(one.snapshot).toMatchObject({ status: "cancelled", result: partial });
});

test("nothing changes a job that has ended", () => {
  const one = job();
  one.end(errorResult("internal", "No.", "Again."));
  const { sequence } = one.snapshot;
  one.change({ status: "running", progress: progress(null) });
  expect(one.snapshot).toMatchObject({ status: "failed", sequence });
});

test("another version in the kernel is worth a word", () => {
  const one = job();
  one.end(sampleResult({ glasspane: "0.2.0" }));
  expect(one.snapshot.warnings).toEqual([
    "This kernel has Glasspane 0.2.0, the editor 0.1.0: answers may differ in detail.",
  ]);
});
