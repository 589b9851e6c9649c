import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { root, runSetup, sandbox, temporaryFolder } from './sandbox.js';
import { serve } from './server.js';

interface Expected {
  size: number;
  sha256: string;
}
type Download = (address: string, file: string, expected: Expected) => Promise<void>;

// The scripts are JavaScript without types; the variable keeps TypeScript from asking for some.
vi.stubEnv('FRAC_CONNECTIONS_RETRY_SECONDS', '0.01');
const module = join(root, 'scripts', 'tensorflow', 'download.mjs');
const { download } = (await import(module)) as { download: Download };

const bytes = randomBytes(300_000);
const sha256 = createHash('sha256').update(bytes).digest('hex');
const expected = { size: bytes.length, sha256 };

/** Where a Range header starts. */
const start = (range: string) => Number(/\d+/.exec(range)?.[0] ?? 0);

/** What was printed while `work` ran. */
async function printed(work: () => Promise<void>): Promise<string> {
  const lines: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation(line => {
    lines.push(line);
  });
  try {
    await work();
  } finally {
    log.mockRestore();
  }
  return lines.join('\n');
}

describe('download', () => {
  test('a whole file, with a line of progress', async () => {
    const file = join(temporaryFolder(), 'file');
    const { address, asked } = await serve(bytes, {});
    const output = await printed(() => download(address, file, expected));
    expect(readFileSync(file).equals(bytes)).toBe(true);
    expect(existsSync(`${file}.part`)).toBe(false);
    expect(asked).toEqual(['']);
    expect(output).toMatch(/downloading http:.*\n(.*of 0 MB, [\d.]+ MB\/s)/);
  });

  test('goes on where the connection broke, twice', async () => {
    const file = join(temporaryFolder(), 'file');
    const { address, asked } = await serve(bytes, { drops: [100_000, 100_000] });
    await printed(() => download(address, file, expected));
    expect(readFileSync(file).equals(bytes)).toBe(true);
    // How much of what was sent reaches the file before the break is the network's affair; that it grows is not.
    expect(asked).toHaveLength(3);
    const [none, first, second] = asked.map(start);
    expect(none).toBe(0);
    expect(first).toBeGreaterThan(0);
    expect(second).toBeGreaterThan(first!);
  });

  test('a connection that keeps breaking: what came is kept, and another run goes on from it', async () => {
    const file = join(temporaryFolder(), 'file');
    const bad = await serve(bytes, { drops: [100_000, 0, 0, 0, 0, 0] });
    await expect(printed(() => download(bad.address, file, expected))).rejects.toThrow(
      /MB are kept, and npm run setup/,
    );
    expect(existsSync(file)).toBe(false);
    const part = readFileSync(`${file}.part`);
    expect(part.length).toBeGreaterThan(0);
    expect(part.equals(bytes.subarray(0, part.length))).toBe(true);
    expect(bad.asked).toEqual(['', ...Array(5).fill(`bytes=${part.length}-`)]);
    const good = await serve(bytes, {});
    await printed(() => download(good.address, file, expected));
    expect(good.asked).toEqual([`bytes=${part.length}-`]);
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  test('a server without ranges: from the start', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(`${file}.part`, bytes.subarray(0, 70_000));
    const { address } = await serve(bytes, { ranges: false });
    await printed(() => download(address, file, expected));
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  test('a part of another file: fetched anew', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(`${file}.part`, randomBytes(70_000));
    const { address, asked } = await serve(bytes, {});
    await printed(() => download(address, file, expected));
    expect(readFileSync(file).equals(bytes)).toBe(true);
    expect(asked).toEqual(['bytes=70000-', '']);
  });

  test('another hash: refused, nothing left', async () => {
    const folder = temporaryFolder();
    const { address } = await serve(Buffer.concat([bytes, Buffer.from('!')]), {});
    await expect(printed(() => download(address, join(folder, 'file'), expected))).rejects.toThrow(
      /has sha256 \w{64}, expected \w{64}: a broken or altered file/,
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each([403, 404, 500])(
    'status %i: said at once, and the password in the address is not',
    async status => {
      const { address, asked, users } = await serve(bytes, { status });
      const secret = address.replace('//', '//user:secret@');
      const file = join(temporaryFolder(), 'file');
      const said = `${address} answers ${status}`;
      await expect(printed(() => download(address, file, expected))).rejects.toThrow(said);
      await expect(printed(() => download(secret, file, expected))).rejects.toThrow(said);
      expect(asked).toEqual(['', '']);
      expect(users).toEqual([undefined, `Basic ${btoa('user:secret')}`]);
    },
  );

  test('a full disk', async ({ skip }) => {
    const folder = join(temporaryFolder(), 'small');
    mkdirSync(folder);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder]).status === 0;
    if (!mounted) skip('needs the right to mount a small tmpfs');
    onTestFinished(() => void spawnSync('umount', [folder]));
    const { address } = await serve(bytes, {});
    await expect(printed(() => download(address, join(folder, 'file'), expected))).rejects.toThrow(
      /the disk is full/,
    );
    expect(readdirSync(folder)).toEqual([]);

    const tools = spawnSync('sh', ['-c', 'g++ --version && python3 -m pip --version']).status === 0;
    if (!tools) skip('the whole step needs g++ and pip');
    const { code, output } = await runSetup(sandbox(folder), { FRAC_CONNECTIONS_WHEEL: address });
    expect(output).toMatch(
      /not available: the disk is full: .* has 0\.0 GB free and TensorFlow needs 1\.1 GB/,
    );
    expect(code).toBe(0);
  });
});
