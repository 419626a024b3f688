import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ManualClock } from "../../../../test/support/manual-clock.ts";
import { Queue } from "../../src/sqs/queue.ts";
import { QueueAttributes } from "../../src/sqs/queue-attributes.ts";

type Act =
  | { readonly kind: "send"; readonly group: string; readonly delay: number }
  | { readonly kind: "receive"; readonly max: number; readonly visibility: number }
  | { readonly kind: "delete" | "giveBack"; readonly which: number }
  | { readonly kind: "pass"; readonly seconds: number };

const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ kind: fc.constant("send" as const), group: fc.constantFrom("a", "b"), delay: fc.constantFrom(0, 0, 3) }),
  fc.record({ kind: fc.constant("receive" as const), max: fc.integer({ min: 1, max: 10 }), visibility: fc.nat(5) }),
  fc.record({ kind: fc.constantFrom("delete" as const, "giveBack" as const), which: fc.nat(20) }),
  fc.record({ kind: fc.constant("pass" as const), seconds: fc.nat(4) }),
);

/** A queue beside the least that can be said of one: what was sent and not deleted is in it. */
class Trial {
  readonly clock = new ManualClock();
  readonly storage = { used: 0, max: 1_000_000 };
  readonly queue: Queue;
  readonly kept = new Set<string>();
  readonly handed: { id: string; receipt: string }[] = [];
  /** Until when no other receive may get a message. */
  readonly #busyUntil = new Map<string, number>();
  #sent = 0;

  constructor(isFifo: boolean) {
    const name = isFifo ? "q.fifo" : "q";
    const attributes = new QueueAttributes(name, isFifo ? { FifoQueue: "true" } : {});
    this.queue = new Queue(`arn:aws:sqs:r:1:${name}`, attributes, {
      clock: this.clock,
      queueByArn: () => undefined,
      storage: this.storage,
    });
  }

  perform(step: Act): void {
    if (step.kind === "pass") this.clock.advance(step.seconds * 1000);
    else if (step.kind === "send") this.#send(step.group, step.delay);
    else if (step.kind === "receive") this.#receive(step.max, step.visibility);
    else this.#finish(step.kind, step.which);
  }

  #send(groupId: string, delaySeconds: number): void {
    const body = String(this.#sent++);
    const delay = this.queue.isFifo ? undefined : delaySeconds;
    this.kept.add(this.queue.send({ body, attributes: {}, groupId, delaySeconds: delay }, "t").id);
  }

  #receive(max: number, visibility: number): void {
    const messages = this.queue.receive(max, visibility);
    assert.ok(messages.length <= max);
    assert.equal(new Set(messages.map(({ id }) => id)).size, messages.length);
    for (const { id, receipt = "", state } of messages) {
      assert.ok(this.kept.has(id), "nothing is handed out that is not there");
      assert.equal(state, visibility === 0 ? "ready" : "inFlight");
      assert.ok(this.clock.now() >= (this.#busyUntil.get(id) ?? 0), "a message in flight is not received");
      this.#busyUntil.set(id, this.clock.now() + visibility * 1000);
      this.handed.push({ id, receipt });
    }
  }

  #finish(kind: "delete" | "giveBack", which: number): void {
    const { id, receipt } = this.handed[which % Math.max(this.handed.length, 1)] ?? { id: "", receipt: "" };
    if (kind === "delete") {
      const before = this.#total();
      this.queue.delete(id, receipt);
      if (this.#total() < before) this.kept.delete(id);
    } else {
      try {
        this.queue.changeVisibility(id, receipt, 0);
        this.#busyUntil.delete(id);
      } catch (error) {
        assert.match(String(error), /not in flight/);
      }
    }
  }

  #total(): number {
    const { ready, inFlight, delayed } = this.queue.counts();
    return ready + inFlight + delayed;
  }

  /** All that is left can be received and deleted, in the end. */
  drain(): void {
    for (let left = this.kept.size; left > 0; left--) {
      const [message] = this.queue.receive(1, 30);
      assert.ok(message !== undefined, `${left} messages cannot be received any more`);
      this.queue.delete(message.id, message.receipt ?? "");
    }
  }

  check(): void {
    const { ready, inFlight, delayed } = this.queue.counts();
    assert.ok(Math.min(ready, inFlight, delayed) >= 0);
    assert.equal(ready + inFlight + delayed, this.kept.size);
  }
}

for (const isFifo of [false, true]) {
  test(`a ${isFifo ? "FIFO" : "standard"} queue loses, doubles and forgets no message in any sequence of operations`, () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        const trial = new Trial(isFifo);
        for (const step of acts) {
          trial.perform(step);
          trial.check();
        }
        trial.clock.advance(10_000);
        const all = trial.queue.counts();
        assert.deepEqual([all.inFlight, all.delayed], [0, 0], "every timeout and delay ends");
        trial.drain();
        assert.equal(trial.storage.used, 0);
      }),
      { numRuns: 300 },
    );
  });
}

test("a FIFO group keeps its order, however often its messages are released", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(3), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 12 }),
      (choices, size) => {
        const { queue } = new Trial(true);
        for (let index = 0; index < size; index++)
          queue.send({ body: String(index), attributes: {}, groupId: "a" }, "t");
        const done: string[] = [];
        for (const choice of [...choices, ...Array<number>(size).fill(3)]) {
          const [message] = queue.receive(1, 30);
          if (message === undefined) break;
          if (choice === 0) queue.changeVisibility(message.id, message.receipt ?? "", 0);
          else {
            queue.delete(message.id, message.receipt ?? "");
            done.push(message.body);
          }
        }
        assert.deepEqual(
          done,
          Array.from({ length: size }, (_, index) => String(index)),
        );
      },
    ),
  );
});
