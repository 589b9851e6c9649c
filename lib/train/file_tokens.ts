import { readAt, type TextFile } from './text_files.js';
import type { TokenStore } from './token_store.js';

/** The bytes of several files in sequence. They are read from disk on demand, so the corpus may be larger than memory. */
export class FileTokens implements TokenStore {
  readonly length: number;
  private readonly files: (TextFile & { start: number })[] = [];

  constructor(files: readonly TextFile[]) {
    let start = 0;
    for (const file of files) {
      this.files.push({ ...file, start });
      start += file.size;
    }
    this.length = start;
  }

  read(start: number, out: Int32Array): void {
    let done = 0;
    for (let i = this.indexOf(start); done < out.length; i++) {
      const file = this.files[i]!;
      const from = start + done - file.start;
      const bytes = new Uint8Array(Math.min(out.length - done, file.size - from));
      readAt(file, from, bytes);
      out.set(bytes, done);
      done += bytes.length;
    }
  }

  // The last file that starts at or before a position.
  private indexOf(position: number): number {
    let low = 0;
    let high = this.files.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.files[middle]!.start <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
