// All workbench tests in one process, so that they share one workbench and one browser.
import "./attribution.test.mjs";
import "./editors.test.mjs";
import "./inside.test.mjs";
import "./inside_probe.test.mjs";
import "./inside_circuit.test.mjs";
import "./inside_lens.test.mjs";
import "./audit.test.mjs";
import "./audit_findings.test.mjs";
import "./audit_endpoint.test.mjs";
import "./notebooks.test.mjs";
import "./servers.test.mjs";
import "./windows.test.mjs";
