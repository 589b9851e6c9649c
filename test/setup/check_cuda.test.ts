import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pathWith, root, temporaryFolder } from './sandbox.js';

interface Kernel {
  name: string;
  arch: string;
  registers: number;
  stack: number;
  local: number;
}
interface Report {
  kernels: Kernel[];
  files: Record<string, number>;
}
type Counts = Record<string, { copies: number; stores: number; local: number }>;
interface Architectures {
  machine: string[];
  ptx: string;
}
interface Scripts {
  shortName(mangled: string): string;
  wantedArchitectures(root: string): Architectures;
  parseResources(text: string): Report;
  spills(report: Report): string[];
  absences(report: Report, wanted: Architectures): string[];
  summary(report: Report): string;
  accessCounter(): { counts: Counts; take(line: string): void };
  wrongAccesses(counts: Counts, arch: string): string[];
}

// The scripts are JavaScript without types; the variable keeps TypeScript from asking for some.
const load = (file: string): Promise<Scripts> => import(join(root, 'scripts', 'cuda', file));
const { shortName, wantedArchitectures } = await load('kernels.mjs');
const { parseResources, spills, absences, summary } = await load('resources.mjs');
const { accessCounter, wrongAccesses } = await load('accesses.mjs');

/** As nvcc mangles a kernel in an anonymous namespace. */
const mangled = (op: string, type: string, n: number, m: number) =>
  `_ZN4frac4cuda57_GLOBAL__N__acb75558_24_frac_depth_width_cuda_cu_ed62329a${op.length + 7}${op}_kernel` +
  `INS0_4KindI${type}Li${n}ELi${m}ELi4ELi512ELi3EEEEEvNS1_23DepthWidthGradArgumentsINT_1TEEE`;
const WIDTH = mangled('width', 'f', 4, 4);
const FINISH = '_ZN4frac4cuda41_GLOBAL__N__f8a510ba_9_finish_cu_4265b03613finish_kernelENS1_9ArgumentsE';
const WANTED = { machine: ['sm_75', 'sm_90'], ptx: 'sm_80' };

const heading = (part: string, arch: string) =>
  `Fatbin ${part} code:\n================\narch = ${arch}\ncode version = [1,8]\ncompressed\n`;
const usage = (name: string, stack = 0, local = 0, registers = 64) =>
  ` Function ${name}:\n  REG:${registers} STACK:${stack} SHARED:0 LOCAL:${local} CONSTANT[0]:792 TEXTURE:0\n`;
const file = (arch: string, ...kernels: string[]) =>
  `${heading('elf', arch)}\nResource usage:\n Common:\n  GLOBAL:0\n${kernels.join('')}\n`;
const PTX = `${heading('ptx', 'sm_80')}ptxasOptions = \n\n`;
const MACHINE = file('sm_75', usage(WIDTH)) + file('sm_90', usage(WIDTH, 0, 0, 128));
/** A source file with PTX, and one of common variants, without PTX. */
const GOOD = MACHINE + PTX + MACHINE;

/** Instructions as cuobjdump prints them, each with its encoding. */
const instruction = (code: string) =>
  `        /*0${code.length}a0*/             ${code} ;           /* 0x0000a40000047ab9 */\n` +
  `                                                               /* 0x000fe20000000800 */\n`;
const COPY = instruction('@!P0 LDGSTS.E.BYPASS.128 [R5], desc[UR8][R2.64]');
const STORE = instruction('STG.E.128 desc[UR8][R2.64], R4');
const OTHERS = ['LDGSTS.E [R5], [R2.64]', 'LDGDEPBAR', 'LDG.E.128 R4, [R2.64]', 'STG.E.U16 [R2.64], R4']
  .map(instruction)
  .join('');
const code = (name: string, body: string) =>
  `\t\tFunction : ${name}\n\t.headerflags\t@"EF_CUDA_SM90"\n${body}`;

const OPS = ['depth_width', 'depth_width_grad'];
const hot = OPS.flatMap(op =>
  ['f', '6__half', '13__nv_bfloat16'].flatMap(type =>
    [
      [4, 4],
      [2, 2],
      [8, 1],
    ].map(([n, m]) => {
      const rows = (n! + m!) * (type === 'f' ? 2 : 1); // of eight values, in accesses
      const body = COPY.repeat(op === 'depth_width' ? rows : 2 * rows) + STORE.repeat(rows);
      return { op, name: mangled(op, type, n!, m!), body };
    }),
  ),
);
const DISASSEMBLY = hot.map(({ name, body }) => code(name, body)).join('');

function counted(text: string): Counts {
  const { counts, take } = accessCounter();
  for (const line of text.split('\n')) take(line);
  return counts;
}

describe('CUDA machine code', () => {
  test('names', () => {
    expect(shortName(mangled('width_grad', 'f', 4, 4))).toBe('width_grad float N=4 M=4');
    expect(shortName(mangled('depth', '6__half', 8, 1))).toBe('depth float16 N=8 M=1');
    expect(shortName(mangled('depth_width', '13__nv_bfloat16', 0, 0))).toBe('depth_width bfloat16 general');
    expect(shortName(FINISH)).toBe('finish');
    expect(shortName('main')).toBe('main');
  });

  test('architectures come from CMakeLists.txt', () => {
    const folder = temporaryFolder();
    const lists = join(folder, 'CMakeLists.txt');
    writeFileSync(lists, 'set(FRAC_CUDA_ARCHITECTURES "75;90" CACHE STRING "")\nset(codes compute_80)\n');
    expect(wantedArchitectures(folder)).toEqual(WANTED);
    writeFileSync(lists, 'project(x)');
    expect(() => wantedArchitectures(folder)).toThrow('must set the CUDA architectures');
    expect(wantedArchitectures(root).machine).toContain('sm_90');
  });

  test('a good report', () => {
    const report = parseResources(GOOD);
    expect(report.files).toEqual({ 'elf sm_75': 2, 'elf sm_90': 2, 'ptx sm_80': 1 });
    expect(spills(report)).toEqual([]);
    expect(absences(report, WANTED)).toEqual([]);
    expect(summary(report)).toBe(
      '1 kernels for sm_75 sm_90, at most 128 registers (width float N=4 M=4 sm_90)',
    );
  });

  test('a stack frame and local memory', () => {
    const text = file('sm_75', usage(WIDTH, 8, 0, 128), usage(FINISH)) + file('sm_90', usage(FINISH, 0, 16));
    expect(spills(parseResources(text))).toEqual([
      'width float N=4 M=4 sm_75: 8 bytes of stack, 0 of local memory (128 registers)',
      'finish sm_90: 0 bytes of stack, 16 of local memory (64 registers)',
    ]);
  });

  test.each<[string, string, string[]]>([
    ['nothing', '', ['the addon has no kernel']],
    ['no sm_90', file('sm_75', usage(WIDTH)) + PTX, ['sm_90: no machine code']],
    [
      'a kernel too few',
      file('sm_75', usage(WIDTH), usage(FINISH)) + PTX + file('sm_90', usage(WIDTH)),
      ['sm_90: lacks finish'],
    ],
    ['PTX of one file of two', GOOD + MACHINE, ['compute_80: PTX of 1 files, expected 2']],
    ['other PTX', GOOD.replace('sm_80', 'sm_90'), ['compute_80: PTX of 0 files, expected 1']],
    [
      'one that was not asked for',
      GOOD + file('sm_86', usage(WIDTH)),
      ["sm_86: not in CMakeLists.txt's FRAC_CUDA_ARCHITECTURES"],
    ],
  ])('absent: %s', (_, text, lines) => {
    expect(absences(parseResources(text), WANTED)).toEqual(lines);
  });

  test('accesses: counted by width, in the function that they are in', () => {
    const counts = counted(code(WIDTH, OTHERS + COPY + COPY + STORE) + code(FINISH, OTHERS));
    expect(counts).toEqual({
      [WIDTH]: { copies: 2, stores: 1, local: 0 },
      [FINISH]: { copies: 0, stores: 0, local: 0 },
    });
    const spilt = counted(code(FINISH, ['STL [R1], R4', '@P1 LDL.LU R4, [R1]'].map(instruction).join('')));
    expect(spilt[FINISH]?.local).toBe(2);
  });

  test('good accesses; the general variant and the sums need no wide ones', () => {
    const rest = code(mangled('width', 'f', 0, 0), OTHERS) + code(FINISH, OTHERS);
    expect(wrongAccesses(counted(DISASSEMBLY + rest), 'sm_90')).toEqual([]);
  });

  test('bad accesses', () => {
    const worse = [
      code(mangled('depth_width_grad', 'f', 4, 4), COPY.repeat(31) + STORE.repeat(15) + OTHERS),
      code(FINISH, instruction('STL [R1], R4')),
    ];
    expect(wrongAccesses(counted(DISASSEMBLY + worse.join('')), 'sm_90')).toEqual([
      'depth_width_grad float N=4 M=4 sm_90: 31 128-bit asynchronous copies (LDGSTS.128), expected 32 or more',
      'depth_width_grad float N=4 M=4 sm_90: 15 128-bit stores (STG.128), expected 16 or more',
      'finish sm_90: 1 accesses to local memory (LDL, STL)',
    ]);
    expect(wrongAccesses({}, 'sm_90')).toHaveLength(hot.length);
    expect(wrongAccesses({}, 'sm_90')).toContain('depth_width float16 N=8 M=1 sm_90: not there');
  });
});

/** Runs the script in a checkout with this addon and this output of the tools; without `dump`, pip that cannot fetch them. */
function runCheck(addon: string | undefined, dump?: { usage: string; sass: string }, env = {}) {
  const folder = join(temporaryFolder(), 'checkout');
  cpSync(join(root, 'scripts'), join(folder, 'scripts'), { recursive: true });
  writeFileSync(
    join(folder, 'CMakeLists.txt'),
    'set(FRAC_CUDA_ARCHITECTURES "75;90")\nset(codes compute_80)\n',
  );
  mkdirSync(join(folder, 'build', 'Release'), { recursive: true });
  if (addon) writeFileSync(join(folder, 'build', 'Release', 'frac_connections.node'), addon);
  writeFileSync(join(folder, 'usage'), dump?.usage ?? '');
  writeFileSync(join(folder, 'sass'), dump?.sass ?? '');
  const cuobjdump = `[ "$1" = -sass ] && exec cat ${folder}/sass; exec cat ${folder}/usage`;
  const offline = '[ "$3" != install ] || { echo "ERROR: no such network" >&2; exit 1; }';
  const tools: Record<string, string | true> = dump
    ? { cuobjdump, nvdisasm: 'exit 1', cat: true }
    : { python3: offline };
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(folder, 'scripts', 'check_cuda.mjs')],
    {
      encoding: 'utf8',
      env: { PATH: pathWith(tools), CUDA_PATH: folder, XDG_CACHE_HOME: folder, ...env },
    },
  );
  return { status, lines: (stdout + stderr).trim().split('\n') };
}

const REQUIRED = { FRAC_CONNECTIONS_REQUIRE_CUDA: '1' };
const BUILT = 'ELF .nv_fatbin';

describe.skipIf(process.platform !== 'linux')('test:cuda', () => {
  test.each<[string, string | undefined, string]>([
    ['no addon', undefined, 'no build/Release/frac_connections.node; npm run setup builds it'],
    ['an addon without CUDA', 'ELF', 'build/Release/frac_connections.node was built without CUDA'],
    ['no tool', BUILT, 'no cuobjdump, and pip cannot install it: ERROR: no such network'],
  ])('%s: skipped by name, and a failure where it is required', (_, addon, reason) => {
    const skipped = runCheck(addon);
    expect(skipped.lines.at(-1)).toBe(`skipped: the CUDA machine code (${reason})`);
    expect(skipped.status).toBe(0);
    const failed = runCheck(addon, undefined, REQUIRED);
    expect(failed.lines.at(-1)).toBe(`check_cuda: ${reason}`);
    expect(failed.status).toBe(1);
  });

  test('good machine code', () => {
    const { status, lines } = runCheck(BUILT, { usage: GOOD, sass: DISASSEMBLY }, REQUIRED);
    expect(lines).toEqual([
      expect.stringMatching(/^CUDA +1 kernels for sm_75 sm_90, /),
      expect.stringMatching(/^CUDA +machine code checked, instructions of sm_80 sm_90, in /),
    ]);
    expect(status).toBe(0);
  });

  test('bad machine code: every fault in a line, and a failure', () => {
    const bad = { usage: GOOD.replace('STACK:0', 'STACK:8'), sass: DISASSEMBLY };
    const { status, lines } = runCheck(BUILT, bad);
    expect(lines).toContain(
      'check_cuda: width float N=4 M=4 sm_75: 8 bytes of stack, 0 of local memory (64 registers)',
    );
    expect(lines.at(-1)).toBe(
      'check_cuda: 1 errors in the machine code of build/Release/frac_connections.node',
    );
    expect(status).toBe(1);
  });
});
