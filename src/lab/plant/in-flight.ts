import { TimeHeap } from "./time-heap.ts";
import type { Worker } from "./workforce.ts";

/** One message that is being worked on. */
export interface Task {
  readonly arrival: number;
  readonly begun: number;
  readonly serviceMs: number;
  readonly worker: Worker;
}

/** The messages that are being worked on, in the order in which they will be done. */
export class InFlight {
  readonly #ends = new TimeHeap();
  readonly #tasks: (Task | undefined)[] = [];
  readonly #free: number[] = [];
  size = 0;

  get firstEnd(): number {
    return this.#ends.firstAt;
  }

  add(task: Task): void {
    const slot = this.#free.pop() ?? this.#tasks.length;
    this.#tasks[slot] = task;
    this.#ends.add(task.begun + task.serviceMs, slot);
    this.size += 1;
  }

  /** Takes out the one that ends first; undefined where that one was lost before. */
  takeFirst(): Task | undefined {
    const slot = this.#ends.take();
    const task = this.#tasks[slot];
    this.#tasks[slot] = undefined;
    this.#free.push(slot);
    if (task !== undefined) this.size -= 1;
    return task;
  }

  /** Takes out all of one worker, the one that arrived last first. */
  takeFrom(worker: Worker): readonly Task[] {
    const lost: Task[] = [];
    this.#tasks.forEach((task, slot) => {
      if (task?.worker !== worker) return;
      lost.push(task);
      this.#tasks[slot] = undefined;
    });
    this.size -= lost.length;
    return lost.sort((one, other) => other.arrival - one.arrival);
  }

  *tasks(): Iterable<Task> {
    for (const task of this.#tasks) if (task !== undefined) yield task;
  }
}
