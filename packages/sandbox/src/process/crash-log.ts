import { closeSync, openSync, readFileSync, readSync, unlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What a child process records before it runs a call. */
export interface CrashRecord {
  /** Number of the call; 0 where the process began none. */
  readonly call: number;
  /** The start of the call in milliseconds since the epoch. */
  readonly startedAt: number;
  /** CPU time that the main thread had used, in milliseconds. Functions run in that thread. */
  readonly cpuTime: number;
}

/**
 * The gateway's side of the record of the call that a child process runs: a few bytes in an unlinked
 * temporary file, which survive the process however it ends.
 */
export interface CrashLog {
  /** File descriptor that the child process inherits. */
  readonly fd: number;
  read(): CrashRecord;
  close(): void;
}

const size = 24;

/** Opens a crash log. Throws where no temporary file can be created. */
export function openCrashLog(): CrashLog {
  const path = join(tmpdir(), `tidegate-${process.pid}-${crypto.randomUUID()}`);
  const fd = openSync(path, "wx+", 0o600);
  unlinkSync(path);
  return {
    fd,
    read() {
      const bytes = Buffer.alloc(size);
      readSync(fd, bytes, 0, size, 0);
      const [call, startedAt, cpuTime] = [0, 8, 16].map((at) => bytes.readDoubleLE(at));
      return { call: call ?? 0, startedAt: startedAt ?? 0, cpuTime: cpuTime ?? 0 };
    },
    close: () => closeSync(fd),
  };
}

/**
 * The child's side: returns a function that writes the record of a call, with one system call each for time
 * and file.
 */
export function crashLogWriter(fd: number): (call: number) => void {
  const bytes = Buffer.alloc(size);
  return (call) => {
    const { user, system } = process.threadCpuUsage();
    bytes.writeDoubleLE(call, 0);
    bytes.writeDoubleLE(Date.now(), 8);
    bytes.writeDoubleLE((user + system) / 1000, 16);
    writeSync(fd, bytes, 0, size, 0);
  };
}

/** Linux reports CPU times in units of 10 ms. */
const tick = 10;

/**
 * Milliseconds that the recorded call has run: CPU time, so that waiting for a busy machine does not count.
 * Where the operating system does not show the CPU time of another process (no `/proc`), the time that has
 * passed.
 */
export function runTimeOf(pid: number | undefined, { startedAt, cpuTime }: CrashRecord): number {
  try {
    const stat = readFileSync(`/proc/${pid}/task/${pid}/stat`, "utf8");
    // The second field, the name of the program, can contain spaces. It ends with the last parenthesis.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * tick - cpuTime;
  } catch {
    return Date.now() - startedAt;
  }
}
