/** Methods that inseq computes stand apart in menus: the method table's names say which they are. */
import type { MethodSpec } from "./protocol.js";

export const THROUGH_INSEQ = "Through inseq";

export const isThroughInseq = ({ name }: Pick<MethodSpec, "name">): boolean => name.startsWith("inseq:");
