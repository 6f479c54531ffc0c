// All browser tests in one process, so that they share one server and one browser.
import "./notebook.test.mjs";
import "./choices.test.mjs";
import "./attribution.test.mjs";
import "./inside.test.mjs";
import "./inside_probe.test.mjs";
import "./inside_circuit.test.mjs";
import "./inside_lens.test.mjs";
import "./audit.test.mjs";
import "./audit_findings.test.mjs";
import "./audit_endpoint.test.mjs";
import "./waiting.test.mjs";
import "./surroundings.test.mjs";
