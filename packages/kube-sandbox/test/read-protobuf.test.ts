import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readProtobuf, SCALARS, SPECIAL_MESSAGES } from "../src/protobuf/read-protobuf.ts";
import { TYPES } from "../src/resources/kubernetes-types.ts";
import { StatusError } from "../src/rest/status-error.ts";

/** A number of up to 64 bits, as protobuf writes it; a negative one as its two's complement. */
function varint(value: bigint | number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}

const tag = (field: number, wire: number): Buffer => varint((BigInt(field) << 3n) | BigInt(wire));

/** A field that is a number. */
const number = (field: number, value: bigint | number): Buffer => Buffer.concat([tag(field, 0), varint(value)]);

/** A field that is a text, bytes, or a message of parts. */
function part(field: number, ...content: readonly (string | Uint8Array)[]): Buffer {
  const bytes = Buffer.concat(content.map((piece) => Buffer.from(piece as Uint8Array)));
  return Buffer.concat([tag(field, 2), varint(bytes.length), bytes]);
}

/** A whole body: the magic bytes and a runtime.Unknown. */
function body(apiVersion: string, kind: string, ...raw: readonly Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.from("k8s\0"), part(1, part(1, apiVersion), part(2, kind)), part(2, ...raw)]);
}

/** What kubectl 1.32 sends for `create deployment web --image=nginx:1 --replicas=2 --port=80`. */
const RECORDED =
  "azhzAAoVCgdhcHBzL3YxEgpEZXBsb3ltZW50EroBCh8KA3dlYhIAGgAiACoAMgA4AEIAWgoKA2FwcBIDd2ViEogBCAISDAoKCgNhcHASA3dlYhpuChwKABIAGgAiACoAMgA4AEIAWgoKA2FwcBIDd2ViEk4SMAoFbmdpbngSB25naW54OjEqADIKCgAQABhQIgAqAEIAagByAIABAIgBAJABAKIBABoAMgBCAEoAUgBYAGAAaACCAQCKAQCaAQDCAQAiAgoAKAA4ABoMCAAQABgAIAAoADgAGgAiAA==";

const text = (value: string): Buffer => Buffer.from(value);

function refusal(bytes: Buffer): StatusError {
  try {
    readProtobuf(bytes);
  } catch (error) {
    assert.ok(error instanceof StatusError, String(error));
    return error;
  }
  throw new Error("expected a refusal");
}

test("decodes a Deployment from kubectl into its JSON form", () => {
  const labels = { app: "web" };
  assert.deepEqual(readProtobuf(Buffer.from(RECORDED, "base64")), {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", labels },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [{ name: "nginx", image: "nginx:1", ports: [{ containerPort: 80 }], resources: {} }],
        },
      },
      strategy: {},
    },
    status: {},
  });
});

test("never mistakes a truncated body for a complete one", () => {
  const whole = Buffer.from(RECORDED, "base64");
  // The last four bytes are two empty texts, which say nothing.
  for (let length = 0; length < whole.length - 4; length++) {
    try {
      assert.notDeepEqual(readProtobuf(whole.subarray(0, length)), readProtobuf(whole));
    } catch (error) {
      assert.ok(error instanceof StatusError && error.code === 400, String(error));
    }
  }
});

test("decodes or refuses any bytes in place of an object", () => {
  const kinds = [...TYPES.keys()].flatMap((name) => /^(.+)\.([A-Z]\w+)$/.exec(name)?.slice(1, 3) ?? []);
  assert.ok(kinds.length >= 48);
  const at = fc.integer({ min: 0, max: kinds.length / 2 - 1 });
  fc.assert(
    fc.property(at, fc.uint8Array({ maxLength: 200 }), (index, raw) => {
      try {
        readProtobuf(body(kinds[2 * index] ?? "", kinds[2 * index + 1] ?? "", raw));
      } catch (error) {
        assert.ok(error instanceof StatusError && error.code === 400, String(error));
      }
    }),
    { numRuns: 500 },
  );
});

test("shows data as base64, and allows any text as a key", () => {
  const entry = (key: string, value: string) => part(2, part(1, key), part(2, value));
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: "grapheme" }), fc.string()), (data) => {
      const entries = Object.entries({ ...data, a: "b" });
      const read = readProtobuf(body("v1", "Secret", ...entries.map(([key, value]) => entry(key, value))));
      const expected = entries.map(([key, value]) => [key, text(value).toString("base64")]);
      assert.deepEqual(Object.entries(read.data as object).sort(), expected.sort());
    }),
  );
  const odd = readProtobuf(body("v1", "Secret", entry("__proto__", "x"), part(2, part(1, "empty")))).data as object;
  assert.deepEqual(Object.entries(odd), [
    ["__proto__", "eA=="],
    ["empty", ""],
  ]);
  assert.equal(Object.getPrototypeOf(odd), Object.prototype);
});

test("keeps a zero that was set, and drops one that every sender writes", () => {
  const spec = part(2, number(1, 0), number(5, 0), number(9, -7));
  assert.deepEqual(readProtobuf(body("apps/v1", "Deployment", spec)).spec, {
    replicas: 0,
    progressDeadlineSeconds: -7,
  });
});

test("shows times, quantities, and numbers or texts as in JSON", () => {
  const seconds = 1_700_000_000;
  const lease = part(2, part(3, number(1, seconds), number(2, 1_500_000)), part(4));
  assert.deepEqual(readProtobuf(body("coordination.k8s.io/v1", "Lease", lease)).spec, {
    acquireTime: "2023-11-14T22:13:20.001500Z",
  });
  const meta = part(1, part(8, number(1, seconds), number(2, 0)));
  assert.deepEqual(readProtobuf(body("v1", "ConfigMap", meta)).metadata, { creationTimestamp: "2023-11-14T22:13:20Z" });
  const limits = part(8, part(1, part(1, "cpu"), part(2, part(1, "250m"))));
  const pod = readProtobuf(body("v1", "Pod", part(2, part(2, part(1, "one"), limits))));
  assert.deepEqual(pod.spec, { containers: [{ name: "one", resources: { limits: { cpu: "250m" } } }] });
  const share = part(2, part(1, number(1, 1), part(3, "50%")), part(3, number(1, 0), number(2, 3)));
  const budget = readProtobuf(body("policy/v1", "PodDisruptionBudget", share));
  assert.deepEqual(budget.spec, { minAvailable: "50%", maxUnavailable: 3 });
});

test("joins a message in two parts, and shows an inlined one in its parent", () => {
  const volume = part(1, part(1, "data"), part(2, part(2)));
  const read = readProtobuf(body("v1", "Pod", part(2, volume), part(2, part(3, "Never"))));
  assert.deepEqual(read.spec, { volumes: [{ name: "data", emptyDir: {} }], restartPolicy: "Never" });
});

test("reads every 64-bit number that JSON can hold", () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      const read = readProtobuf(body("v1", "DeleteOptions", number(1, value)));
      assert.equal(read.gracePeriodSeconds, value);
    }),
  );
});

test("refuses a length beyond the end, an endless number, field 0 and groups", () => {
  const cases: readonly [Uint8Array, RegExp][] = [
    [Buffer.concat([tag(1, 2), varint(2n ** 63n)]), /expected 9223372036854776000 more bytes, got 0/],
    [Buffer.concat([tag(9, 0), Buffer.alloc(11, 0xff)]), /longer than 10 bytes/],
    [Buffer.of(0x00), /0 is no field number/],
    [tag(9, 3), /wire type 3 is not in use/],
  ];
  for (const [bytes, message] of cases) {
    const { code, message: got } = refusal(body("v1", "ConfigMap", bytes));
    assert.equal(code, 400);
    assert.match(got, message);
  }
});

test("skips unknown fields, and refuses a field of another type", () => {
  const fixed = [tag(997, 1), Buffer.alloc(8), tag(996, 5), Buffer.alloc(4)];
  assert.deepEqual(readProtobuf(body("v1", "ConfigMap", part(999, "new"), number(998, -1), ...fixed)), {
    apiVersion: "v1",
    kind: "ConfigMap",
  });
  const wrong = refusal(body("apps/v1", "Deployment", part(2, part(1, "two"))));
  assert.equal(wrong.code, 400);
  assert.match(wrong.message, /expected wire type 0 for replicas of DeploymentSpec, got 2/);
});

test("refuses an unsupported body, with a workaround", () => {
  const job = refusal(body("batch/v1", "Job"));
  assert.equal(job.code, 415);
  assert.match(job.message, /cannot read batch\/v1 Job as .*--dry-run=client -o yaml \| kubectl apply -f -/);
  const packed = refusal(Buffer.concat([body("v1", "Secret"), part(3, "gzip")]));
  assert.deepEqual([packed.code, /encoding "gzip"/.test(packed.message)], [415, true]);
  const json = refusal(Buffer.concat([body("v1", "Secret"), part(4, "application/json")]));
  assert.equal(json.code, 415);
  for (const bad of [text("{}"), text("k8s"), body("", ""), body("v1", "Secret", part(1, part(1, Buffer.of(0xff))))]) {
    assert.deepEqual([refusal(bad).code, refusal(bad).reason], [400, "BadRequest"]);
  }
});

test("decodes DeleteOptions of any group", () => {
  const options = readProtobuf(body("apps/v1", "DeleteOptions", number(1, 0), part(4, "Background")));
  assert.equal(options.gracePeriodSeconds, 0);
  assert.equal(options.propagationPolicy, "Background");
});

test("the table lacks no message that it names, and none contains itself", () => {
  const check = (name: string, within: readonly string[]): void => {
    assert.ok(!within.includes(name), `${name} within itself`);
    const type = TYPES.get(name);
    assert.ok(type !== undefined, `${name} of ${within.at(-1)} is missing`);
    for (const field of type.fields.values()) {
      if (!SCALARS.has(field.type) && !SPECIAL_MESSAGES.has(field.type)) check(field.type, [...within, name]);
    }
  };
  for (const name of TYPES.keys()) check(name, []);
});
