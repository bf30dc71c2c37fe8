import {
  type BrokerSink,
  type CallRequest,
  type EventPacket,
  type PublishRequest,
  TidegateError,
} from "@tidegate/core-registry";
import { nameMatcher } from "@tidegate/core-registry/runtime";
import type { Job } from "./jobs.ts";
import { describeService, findAction, type QueueService } from "./services.ts";

/** The group of the gateways: an event for certain groups reaches them only if it is among them. */
export const gatewayGroup = "gateway";

/** A gateway that is connected to the queue. */
export interface Subscriber {
  readonly sink: BrokerSink;
  /** Returns the patterns of the events that the gateway wants. */
  patterns(): readonly string[];
}

/** The limits of a queue and of its workers. */
export interface QueueOptions {
  /** How many calls a worker runs at once. Default 10. */
  readonly concurrency?: number;
  /** How many calls can wait for a worker; further ones fail. Default 1,000. */
  readonly maxWaiting?: number;
}

/** A queue of calls in memory, with the workers that run them. */
export class Queue {
  readonly #workers = new Map<string, Worker>();
  readonly #subscribers = new Set<Subscriber>();
  readonly #concurrency: number;
  readonly #maxWaiting: number;
  #waiting: Job[] = [];

  constructor({ concurrency = 10, maxWaiting = 1_000 }: QueueOptions = {}) {
    this.#concurrency = concurrency;
    this.#maxWaiting = maxWaiting;
  }

  /** Returns a worker, and creates it on the first call. */
  worker(id: string): Worker {
    const worker = this.#workers.get(id) ?? new Worker(id, this);
    this.#workers.set(id, worker);
    return worker;
  }

  /** Removes a worker. With an error, its running calls fail with it. */
  remove(worker: Worker, how: "left" | "lost", error?: TidegateError): void {
    this.#workers.delete(worker.id);
    for (const name of [...worker.services.keys()]) worker.withdraw(name, how);
    if (error !== undefined) for (const job of worker.running) job.fail(error);
  }

  /** Connects a gateway, which receives all services at once. */
  connect(subscriber: Subscriber): () => void {
    this.#subscribers.add(subscriber);
    for (const worker of this.#workers.values())
      for (const service of worker.services.values())
        subscriber.sink.serviceUp(describeService(service), { id: worker.id });
    return () => void this.#subscribers.delete(subscriber);
  }

  /** Sends an announcement to every connected gateway. */
  announce(send: (sink: BrokerSink) => void): void {
    for (const { sink } of [...this.#subscribers]) send(sink);
    this.dispatch();
  }

  /** Adds a call to the queue. It fails at once where no worker has the action, or too many calls wait. */
  push(job: Job): void {
    const { action } = job.request;
    if (this.#workersFor(job.request).length === 0) job.fail(unavailable(`No worker has ${action}.`));
    else if (this.#waiting.length >= this.#maxWaiting) job.fail(unavailable("The queue is full."));
    else this.#waiting.push(job);
    this.dispatch();
  }

  /** Gives the waiting calls to workers with a free place, the oldest call first. */
  dispatch(): void {
    this.#waiting = this.#waiting.filter((job) => {
      if (job.isSettled()) return false;
      const workers = this.#workersFor(job.request);
      if (workers.length === 0) job.fail(unavailable(`No worker has ${job.request.action} any more.`));
      const worker = workers.find(({ running }) => running.size < this.#concurrency);
      if (worker !== undefined) this.#run(worker, job);
      return worker === undefined && workers.length > 0;
    });
  }

  /** Delivers an event to one worker of each group, or to all, and to the gateways that want it. */
  publish({ event, params: payload, groups, broadcast }: PublishRequest, from?: string): void {
    const served = new Set<string>();
    for (const worker of this.#workers.values())
      for (const { name, events = {} } of [...worker.services.values()]) {
        const isWanted = (groups?.includes(name) ?? true) && (broadcast || !served.has(name));
        const listeners = Object.entries(events).filter(([pattern]) => nameMatcher(pattern)(event));
        if (!isWanted || listeners.length === 0) continue;
        served.add(name);
        for (const [, listener] of listeners) listener({ event, payload, broadcast, node: worker.id });
      }
    if (event.startsWith("$") || !(groups?.includes(gatewayGroup) ?? true)) return;
    const packet: EventPacket = {
      event,
      payload,
      broadcast,
      ...(groups === undefined ? {} : { groups }),
      ...(from === undefined ? {} : { node: from }),
    };
    for (const { sink, patterns } of [...this.#subscribers])
      if (patterns().some((pattern) => nameMatcher(pattern)(event))) sink.event(packet);
  }

  #workersFor({ action, nodes }: CallRequest): Worker[] {
    return [...this.#workers.values()].filter(
      ({ id, services }) => (nodes?.includes(id) ?? true) && findAction(services, action) !== undefined,
    );
  }

  #run(worker: Worker, job: Job): void {
    const action = findAction(worker.services, job.request.action);
    if (action === undefined) return;
    // The worker goes to the end of the line, so that calls are spread over all workers.
    this.#workers.delete(worker.id);
    this.#workers.set(worker.id, worker);
    worker.running.add(job);
    const done = (): void => {
      worker.running.delete(job);
      this.dispatch();
    };
    job.answer.then(done, done);
    job.run(worker.id, action.handler);
  }
}

/** A node of the system: it has services, and runs their calls. */
export class Worker {
  readonly id: string;
  readonly services: Map<string, QueueService> = new Map();
  readonly running: Set<Job> = new Set();
  readonly #queue: Queue;

  constructor(id: string, queue: Queue) {
    this.id = id;
    this.#queue = queue;
  }

  /** Adds a service, or replaces the one with its name. A worker that has left joins again. */
  register(service: QueueService): void {
    this.#queue.worker(this.id);
    this.services.set(service.name, service);
    this.#queue.announce((sink) => sink.serviceUp(describeService(service), { id: this.id }));
  }

  withdraw(name: string, how: "left" | "lost" = "left"): void {
    if (!this.services.delete(name)) return;
    this.#queue.announce((sink) => sink.serviceDown(name, this.id, how));
  }

  publish(request: PublishRequest): void {
    this.#queue.publish(request, this.id);
  }

  /** Takes no further calls. Running ones finish. */
  leave(): void {
    this.#queue.remove(this, "left");
  }

  /** Disappears, as a killed process does. */
  crash(): void {
    const message = `The worker ${this.id} was lost.`;
    this.#queue.remove(this, "lost", new TidegateError("ACTION_UNAVAILABLE", message, { dispatched: true }));
  }
}

function unavailable(message: string): TidegateError {
  return new TidegateError("ACTION_UNAVAILABLE", message, { dispatched: false });
}
