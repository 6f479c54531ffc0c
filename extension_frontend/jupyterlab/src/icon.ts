import { LabIcon } from "@jupyterlab/ui-components";
import glasspane from "../style/icons/glasspane.svg";

export const glasspaneIcon = new LabIcon({ name: "glasspane:pane", svgstr: glasspane });
