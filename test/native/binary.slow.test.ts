import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { addon, binary } from './addon.js';

const objdump = spawnSync('objdump', ['--version']).status === 0;

describe.runIf(addon && objdump && process.arch === 'x64')('the binary', () => {
  test('uses wide registers nowhere but in the functions of their instruction set', () => {
    const { stdout } = spawnSync('objdump', ['-d', '--no-show-raw-insn', binary], {
      encoding: 'utf8',
      maxBuffer: 1e9,
    });
    const wide = new Map<string, string>();
    let name = '';
    let functions = 0;
    for (const line of stdout.split('\n')) {
      const start = /^[0-9a-f]+ <(.*)>:$/.exec(line);
      if (start) {
        name = start[1]!;
        functions++;
      } else if (/%[yz]mm\d/.test(line)) wide.set(name, line.trim());
    }
    expect(functions).toBeGreaterThan(100);
    const strangers = [...wide].filter(([each]) => !/avx2|avx512/.test(each));
    expect(strangers).toEqual([]);
    const avx2WithLong = [...wide].filter(
      ([each, line]) => !each.includes('avx512') && line.includes('%zmm'),
    );
    expect(avx2WithLong).toEqual([]);
    expect(wide.size).toBeGreaterThan(10);
  });

  test('shows nothing but what Node looks for', () => {
    const { stdout } = spawnSync('nm', ['-D', '--defined-only', binary], { encoding: 'utf8' });
    const names = stdout
      .trim()
      .split('\n')
      .map(line => line.split(' ').at(-1));
    expect(names.sort()).toEqual(['napi_register_module_v1', 'node_api_module_get_api_version_v1']);
  });
});
