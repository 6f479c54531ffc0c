/** Truth: what a person would see of VS Code's notifications, and what they would find in the log. */
import { errorResult } from "@glasspane/core";
import { beforeEach, expect, test, vi } from "vitest";
import { desk } from "./vscode_stand_in.js";

vi.mock("vscode", () => import("./vscode_stand_in.js"));
const { JobNotifications } = await import("../../extension_frontend/vscode/src/job_notifications.js");

type Given = Parameters<InstanceType<typeof JobNotifications>["problem"]>;
const logged: string[] = [];
let inView: boolean;

beforeEach(() => {
  desk.clear();
  logged.length = 0;
  inView = true;
});

async function tell(error: ReturnType<typeof errorResult>, failed = true) {
  const log = { error: (line: string) => void logged.push(line) };
  const pane = { show: () => undefined, shows: () => inView };
  const given = [log, pane] as unknown as ConstructorParameters<typeof JobNotifications>;
  const notice = new JobNotifications(...given).problem({} as Given[0], error, failed);
  await new Promise((done) => setTimeout(done, 0));
  return notice;
}

test("what the pane in view says is not said again; the log has it", async () => {
  await tell(errorResult("not_one_token", "Two tokens.", "Choose one."));
  expect(desk.said).toEqual([]);
  expect(logged).toEqual(["not_one_token: Two tokens. Choose one."]);
  inView = false;
  await tell(errorResult("not_one_token", "Two tokens.", "Choose one."));
  expect(desk.said).toEqual(["Two tokens. Choose one."]);
});

test("a notice that mends it comes in any case: an installation, a setting", async () => {
  desk.settings["glasspane.pythonPath"] = "/a/python";
  await tell(errorResult("internal", "No Python.", "Name one in glasspane.pythonPath."));
  const command = '/a/python -m pip install --upgrade "glasspane[kernel]==0.1.0"';
  await tell({ ...errorResult("glasspane_missing", "Not there.", "Install it."), command });
  await tell({ ...errorResult("glasspane_missing", "Not there.", "Install it."), command: "elsewhere" });
  expect(desk.said).toEqual(["No Python. Name one in glasspane.pythonPath.", "Not there. Install it."]);
});

test("where nothing failed, the log has no error", async () => {
  await tell(errorResult("no_prompt", "There is no prompt here.", "Point at one."), false);
  expect(logged).toEqual([]);
});
