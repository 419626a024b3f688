import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Kubernetes 1.20 vendors a reflection library (modern-go/reflect2 1.0.1) that calls Go's map iterator as Go did before
 * 1.18. A 1.20 API server that was built with a newer Go therefore dies of a memory fault at the first custom resource,
 * when it marshals that object's metadata. In one such build the fault is known byte by byte: there, jsoniter's Marshal
 * can hand over to encoding/json's, which takes the same argument and gives the same results.
 */
const FAULTY_BUILD = {
  size: 110272512,
  /** Where jsoniter's `(*frozenConfig).Marshal` begins in the file, and what stands there. */
  offset: 0x45cf00,
  bytes: "4c8d6424f04d3b66100f86",
  /** mov rax, rbx; mov rbx, rcx; jmp encoding/json.Marshal */
  mended: "4889d84889cbe9d5b3efff",
};

/** The API server to start: `path` itself, or, of the one build known to be faulty, a mended copy. */
export function mendedApiServer(path: string): string {
  if (!isFaulty(path)) return path;
  const copy = join(tmpdir(), `muster-mended-kube-apiserver-${process.getuid?.() ?? "user"}`);
  if (existsSync(copy) && statSync(copy).size === FAULTY_BUILD.size) return copy;
  // Several test files may do this at once: each makes its own, the last rename stands.
  const draft = `${copy}.${process.pid}`;
  copyFileSync(path, draft);
  chmodSync(draft, 0o755);
  const file = openSync(draft, "r+");
  writeSync(file, Buffer.from(FAULTY_BUILD.mended, "hex"), 0, undefined, FAULTY_BUILD.offset);
  closeSync(file);
  renameSync(draft, copy);
  return copy;
}

function isFaulty(path: string): boolean {
  if (statSync(path).size !== FAULTY_BUILD.size) return false;
  const found = Buffer.alloc(FAULTY_BUILD.bytes.length / 2);
  const file = openSync(path, "r");
  readSync(file, found, 0, found.length, FAULTY_BUILD.offset);
  closeSync(file);
  return found.toString("hex") === FAULTY_BUILD.bytes;
}
