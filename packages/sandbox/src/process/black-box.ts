import { closeSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Where a child notes which call it is about to run: eight bytes of a file without a name, which outlive the child
 * however it ends. It costs the child one system call and the gateway nothing, until it has to know who did it.
 */
export interface BlackBox {
  /** To be handed to the child. */
  readonly fd: number;
  /** The call that ran last, or 0: none. */
  read(): number;
  /** Closes it. */
  close(): void;
}

const size = 8;

/** Makes one. Throws where no temporary file can be made. */
export function openBlackBox(): BlackBox {
  const path = join(tmpdir(), `tidegate-${process.pid}-${crypto.randomUUID()}`);
  const fd = openSync(path, "wx+", 0o600);
  unlinkSync(path);
  return {
    fd,
    read() {
      const note = Buffer.alloc(size);
      readSync(fd, note, 0, size, 0);
      return note.readDoubleLE(0);
    },
    close: () => closeSync(fd),
  };
}

/** The child's end: notes a call. */
export function noteInto(fd: number): (call: number) => void {
  const note = Buffer.alloc(size);
  return (call) => {
    note.writeDoubleLE(call, 0);
    writeSync(fd, note, 0, size, 0);
  };
}
