import fs from 'node:fs';
import path from 'node:path';
import { FracConnectionsError } from './errors.js';

/**
 * Writes a file atomically: after a crash, and for any reader, there is the old file or the complete new one. It writes
 * a temporary file in the same folder, flushes it to disk, and renames it.
 *
 * @throws FracConnectionsError `ERR_FILE` when that fails; the old file is unchanged
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

/** Creates a folder and its parent folders. */
export function makeFolder(folder: string): void {
  try {
    fs.mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw fileError('created', folder, cause);
  }
}

/** Makes the error for a file that cannot be read, written or created. */
export function fileError(done: string, file: string, cause: unknown): FracConnectionsError {
  const { code, message } = cause as NodeJS.ErrnoException;
  return new FracConnectionsError(
    'ERR_FILE',
    `${path.resolve(file)} cannot be ${done} (${code ?? message})`,
    { cause },
  );
}
