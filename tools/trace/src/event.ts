/** An event that can be traced, and how to start the system in which it happens. */
export interface TracedEvent {
  /** Its name on the command line. */
  readonly name: string;
  /** One line for the usage text. */
  readonly description: string;
  /** How often the event runs before the measurement, so that everything that is created lazily exists. */
  readonly warmUps: number;
  start(): Promise<RunningSystem>;
}

/** A system in which the event can run again and again. */
export interface RunningSystem {
  /** Called before each run and not measured: makes the event possible once more. */
  prepare?(): Promise<void> | void;
  /** Runs the event once; resolves at its end. This is what is measured. */
  run(): Promise<void>;
  stop(): Promise<void>;
}
