import fs from 'node:fs';
import path from 'node:path';
import { FracConnectionsError } from './errors.js';

/**
 * Writes a file so that a reader, or a crash, sees the old one or the new one and nothing in between: to a temporary name
 * beside it, to the disk, then renamed.
 *
 * @throws FracConnectionsError `ERR_FILE`; the old file is as it was
 */
export function writeFileAtomic(file: string, content: Uint8Array | string): void {
  const temporary = `${file}.tmp`;
  try {
    const fd = fs.openSync(temporary, 'w');
    try {
      fs.writeFileSync(fd, content);
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
    fs.renameSync(temporary, file);
  } catch (cause) {
    fs.rmSync(temporary, { force: true });
    throw fileError('written', file, cause);
  }
}

/** Makes a folder and those above it. */
export function makeFolder(folder: string): void {
  try {
    fs.mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw fileError('made', folder, cause);
  }
}

/** An error about a file that cannot be read, written or made. */
export function fileError(done: string, file: string, cause: unknown): FracConnectionsError {
  const { code, message } = cause as NodeJS.ErrnoException;
  return new FracConnectionsError(
    'ERR_FILE',
    `${path.resolve(file)} cannot be ${done} (${code ?? message})`,
    { cause },
  );
}
