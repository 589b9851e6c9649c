import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Where a file ends before what its own header says. */
export class Truncated extends Error {
  constructor(readonly end: number) {
    super(`the file ends before byte ${end}`);
  }
}

/** A file of which parts are read. */
export class Reader {
  readonly size: number;
  readonly #descriptor: number;

  constructor(file: string) {
    this.#descriptor = openSync(file, 'r');
    this.size = fstatSync(this.#descriptor).size;
  }

  /** @throws Truncated if the file ends before */
  read(offset: number, length: number): Buffer {
    if (offset + length > this.size) throw new Truncated(offset + length);
    const bytes = Buffer.alloc(length);
    readSync(this.#descriptor, bytes, 0, length, offset);
    return bytes;
  }

  /** The first bytes in hexadecimal, up to 4. */
  magic(): string {
    return this.read(0, Math.min(4, this.size)).toString('hex');
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** A file format of libraries. */
export interface Format {
  system: string;
  header: string;
  /** Whether a file begins as one of this format, by its first bytes in hexadecimal. */
  is(magic: string): boolean;
  /** The processors that the file has code for, by Node's names, and `another processor (...)` for one without. */
  processors(file: Reader): string[];
  /** How many bytes the file has when it is whole. */
  end(file: Reader): number;
}

/** The name of a processor by its number in a format's header. */
export function processor(machines: Record<string, number>, number: number, what: string): string {
  const name = Object.keys(machines).find(each => machines[each] === number);
  return name ?? `another processor (${what} ${number})`;
}
