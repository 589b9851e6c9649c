import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeFileAtomic } from '../../lib/common/files.js';
import { appendLog, cutLog, type LogRecord, readLog } from '../../lib/train/log.js';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fc-files-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  fs.rmSync(folder, { recursive: true });
});

describe('writeFileAtomic', () => {
  it('replaces a file and leaves nothing else, over what a killed run left', () => {
    const file = path.join(folder, 'a');
    fs.writeFileSync(`${file}.tmp`, 'half of something much longer');
    for (const content of ['one', Uint8Array.of(116, 119, 111)]) writeFileAtomic(file, content);
    expect(fs.readFileSync(file, 'utf8')).toBe('two');
    expect(fs.readdirSync(folder)).toEqual(['a']);
  });

  it.each(['writeFileSync', 'fsyncSync', 'renameSync'] as const)(
    'leaves the old file when %s fails',
    name => {
      const file = path.join(folder, 'a');
      fs.writeFileSync(file, 'old');
      const write = fs.writeSync;
      vi.spyOn(fs, name).mockImplementation((target: unknown) => {
        // Half a file reaches the disk before it is full.
        if (name === 'writeFileSync') write(target as number, 'ne');
        throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      });
      expect(() => writeFileAtomic(file, 'new')).toThrow(`${file} cannot be written (ENOSPC)`);
      vi.restoreAllMocks();
      expect(fs.readFileSync(file, 'utf8')).toBe('old');
      expect(fs.readdirSync(folder)).toEqual(['a']);
    },
  );

  it('says so when the folder is missing', () => {
    expect(() => writeFileAtomic(path.join(folder, 'no/a'), 'x')).toThrow('cannot be written (ENOENT)');
  });
});

describe('the log', () => {
  const record = (step: number): LogRecord => ({
    event: 'evaluation',
    step,
    loss: 1 / step,
    seconds: 0,
    time: '',
  });

  it('is read as it was written, without a line that was cut off', () => {
    const file = path.join(folder, 'log.jsonl');
    for (const step of [1, 2]) appendLog(file, record(step));
    fs.appendFileSync(file, '{"event":"evaluation","step":3,"lo');
    expect(readLog(file)).toEqual([record(1), record(2)]);
  });

  it('is cut back to a step, and goes on after it', () => {
    const file = path.join(folder, 'log.jsonl');
    for (const step of [1, 2, 2, 3, 4]) appendLog(file, record(step));
    fs.appendFileSync(file, '{"event":"evalu');
    cutLog(file, 2);
    appendLog(file, record(3));
    expect(readLog(file).map(({ step }) => step)).toEqual([1, 2, 2, 3]);
    expect(fs.readdirSync(folder)).toEqual(['log.jsonl']);
  });

  it('need not be there to be cut, but must be to be read', () => {
    const file = path.join(folder, 'none.jsonl');
    cutLog(file, 3);
    expect(fs.existsSync(file)).toBe(false);
    expect(() => readLog(file)).toThrow('none.jsonl cannot be read (ENOENT)');
  });
});
