import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { openReport } from '../../lib/cli/open_report.js';
import { commandLine } from './support.js';

const { folder, startWith, tiny } = commandLine();

/** A folder with an xdg-open that does what a shell script says; `PATH` is then only this. */
function programs(name: string, script: string | null): string {
  const bin = path.join(folder, name);
  mkdirSync(bin);
  if (script === null) return bin;
  writeFileSync(path.join(bin, 'xdg-open'), `#!/bin/sh\n${script}\n`);
  chmodSync(path.join(bin, 'xdg-open'), 0o755);
  return bin;
}

afterEach(() => vi.unstubAllEnvs());

describe.runIf(process.platform === 'linux')('openReport', () => {
  async function warnings(bin: string): Promise<string[]> {
    vi.stubEnv('PATH', bin);
    const warn = vi.fn();
    await openReport('/a report.html', { quiet: true, print: vi.fn(), say: vi.fn(), warn });
    return warn.mock.calls.map(([line]) => line as string);
  }

  test('gives the file to xdg-open, as it is', async () => {
    const opened = path.join(folder, 'opened');
    expect(await warnings(programs('works', `printf '%s' "$1" > '${opened}'`))).toEqual([]);
    expect(readFileSync(opened, 'utf8')).toBe('/a report.html');
  });

  test('does not wait for a browser to be closed', async () => {
    expect(await warnings(programs('stays', 'exec /bin/sleep 5'))).toEqual([]);
  });

  test.each([
    ['is not there', null, 'xdg-open is not installed'],
    ['finds no browser', 'exit 3', 'xdg-open failed with exit code 3'],
  ])('says in one line that xdg-open %s', async (name, script, problem) => {
    expect(await warnings(programs(name, script))).toEqual([
      `The report could not be opened in a browser: ${problem}`,
    ]);
  });

  test.each([
    ['opens', 'printf "%s" "$1" > "$OPENED"', ''],
    ['cannot', null, 'The report could not be opened in a browser: xdg-open is not installed\n'],
  ])('compare --open %s: exit code 0, and the report is the last line', async (name, script, expected) => {
    const opened = path.join(folder, `${name}.txt`);
    const env = { PATH: programs(name, script), OPENED: opened };
    const args = ['compare', ...tiny, '--wirings', 'residual', '--out', `${name}-run`, '--quiet', '--open'];
    const { code, stdout, stderr } = await startWith(env, ...args).ended;
    expect(stderr).toBe(expected);
    expect(code).toBe(0);
    const report = path.join(folder, `${name}-run`, 'report.html');
    expect(stdout.trim().split('\n').at(-1)).toBe(`Report: ${report}`);
    if (script === null) expect(existsSync(opened)).toBe(false);
    else expect(readFileSync(opened, 'utf8')).toBe(report);
  });
});
