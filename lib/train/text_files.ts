import fs from 'node:fs';
import path from 'node:path';
import { FracConnectionsError } from '../common/errors.js';
import { firstNotText, wholeCharacters } from './utf8.js';

/** A file and its size in bytes. */
export interface TextFile {
  path: string;
  size: number;
}

/**
 * The files of a path: the file itself, or every file below a folder, sorted by path. Names that start with a dot are skipped.
 *
 * @throws FracConnectionsError `ERR_DATA` if the path is missing, unreadable, or neither a file nor a folder, if the file is
 * empty, or if the folder has only empty files
 */
export function listFiles(target: string): TextFile[] {
  const stat = attempt(target, () => fs.statSync(target));
  if (stat.isDirectory()) {
    const files = walk(target).filter(file => file.size > 0);
    if (files.length === 0) throw dataError(`${target} is a folder with no text in it`);
    return files;
  }
  if (!stat.isFile()) throw dataError(`${target} is neither a file nor a folder`);
  if (stat.size === 0) throw dataError(`${target} is empty`);
  return [{ path: target, size: stat.size }];
}

function walk(folder: string): TextFile[] {
  const names = attempt(folder, () => fs.readdirSync(folder)).filter(name => !name.startsWith('.'));
  // By code unit, not by locale: the order of the tokens must be the same on every machine.
  return names.sort().flatMap(name => {
    const entry = path.join(folder, name);
    // A link to a folder could form a cycle.
    const linked = attempt(entry, () => fs.lstatSync(entry)).isSymbolicLink();
    const stat = attempt(entry, () => fs.statSync(entry));
    if (stat.isDirectory()) return linked ? [] : walk(entry);
    return stat.isFile() ? [{ path: entry, size: stat.size }] : [];
  });
}

const CHUNK = 1 << 20;

/**
 * Reads a file in chunks of about a megabyte. Each chunk holds complete characters of valid UTF-8. A chunk is valid until the
 * next one is read.
 *
 * @throws FracConnectionsError `ERR_DATA` with the byte's offset if the file is not text
 */
export function* readText(file: TextFile): Generator<Uint8Array> {
  const fd = attempt(file.path, () => fs.openSync(file.path, 'r'));
  try {
    const buffer = new Uint8Array(CHUNK + 4);
    let held = 0;
    let offset = 0;
    for (;;) {
      const read = attempt(file.path, () => fs.readSync(fd, buffer, held, CHUNK, null));
      const bytes = buffer.subarray(0, held + read);
      const whole = read === 0 ? bytes.length : wholeCharacters(bytes);
      const bad = firstNotText(bytes.subarray(0, whole));
      if (bad >= 0) throw notText(file.path, offset + bad, bytes[bad]!);
      if (whole > 0) yield bytes.subarray(0, whole);
      if (read === 0) return;
      buffer.copyWithin(0, whole, bytes.length);
      held = bytes.length - whole;
      offset += whole;
    }
  } finally {
    fs.closeSync(fd);
  }
}

/** Reads exactly `out.length` bytes at a position. */
export function readAt(file: TextFile, position: number, out: Uint8Array): void {
  const fd = attempt(file.path, () => fs.openSync(file.path, 'r'));
  try {
    const read = attempt(file.path, () => fs.readSync(fd, out, 0, out.length, position));
    if (read < out.length) throw dataError(`${file.path} became shorter while it was in use`);
  } finally {
    fs.closeSync(fd);
  }
}

function notText(file: string, offset: number, byte: number): FracConnectionsError {
  const what = byte === 0 ? 'a NUL byte' : `byte 0x${byte.toString(16).padStart(2, '0')} is not UTF-8`;
  return dataError(`${file} is not a text file: ${what} at offset ${offset}`);
}

function attempt<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    if (cause instanceof FracConnectionsError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw dataError(`${file} does not exist`, cause);
    throw dataError(`${file} cannot be read (${code ?? message})`, cause);
  }
}

/** An error about the data. */
export function dataError(problem: string, cause?: unknown): FracConnectionsError {
  return new FracConnectionsError('ERR_DATA', `openData: ${problem}`, { cause });
}
