import { describe, expect, test } from 'vitest';
import { parseCode, parseCubin } from '../../scripts/gpu/count/disassembly.mjs';
import { halfBits } from '../../scripts/gpu/count/lanes/values.mjs';
import { Warp } from '../../scripts/gpu/count/warp.mjs';
import { pathWith, temporaryFolder } from '../setup/sandbox.js';
import { gpuCount } from './gpu_count.js';

/** As nvdisasm prints it: labels as they are, each instruction behind its address. */
const listing = (code: string) =>
  code
    .trim()
    .split('\n')
    .map(line => line.trim())
    .map((line, i) =>
      line.endsWith(':') ? line : `        /*${(0x1000 + 16 * i).toString(16)}*/  ${line} ;`,
    );

const walk = (code: string, options = {}) => new Warp(parseCode(listing(code)), options).run();
/** What is in R0, a lane each, after these instructions; R1 to R3 are what is given, R4 the lane's number. */
function compute(code: string, ...given: number[]): number[] {
  const moves = given.map((number, i) => `MOV R${i + 1}, 0x${(number >>> 0).toString(16)}`);
  return [...walk([...moves, 'S2R R4, SR_LANEID', code, 'EXIT'].join('\n')).register('R0')];
}
const first = (code: string, ...given: number[]) => compute(code, ...given)[0];

describe('a warp that walks machine code', () => {
  test('a loop with a counter: all that is issued, each time', () => {
    const { issued, clocks } = walk(`
      MOV R0, RZ
      .L_x_0:
      IADD3 R0, R0, 0x1, RZ
      ISETP.NE.AND P0, PT, R0, 0xa, PT
      @P0 BRA \`(.L_x_0)
      EXIT`);
    expect({ issued, clocks }).toEqual({ issued: 1 + 10 * 3 + 1, clocks: 0 });
  });

  test('a branch that some lanes take: both sides are issued, and the lanes meet again', () => {
    const branch = (limit: number) =>
      walk(
        `
        S2R R4, SR_LANEID
        ISETP.LT.AND P0, PT, R4, 0x${limit.toString(16)}, PT
        @P0 BRA \`(.L_x_0)
        MOV R0, 0x1
        BRA \`(.L_x_1)
        .L_x_0:
        MOV R0, 0x2
        .L_x_1:
        NOP
        EXIT`,
      );
    const some = branch(8);
    expect(some.issued).toBe(3 + 2 + 1 + 2);
    expect([...some.register('R0')]).toEqual(Array.from({ length: 32 }, (_, lane) => (lane < 8 ? 2 : 1)));
    expect(branch(32).issued).toBe(3 + 1 + 2);
    expect(branch(0).issued).toBe(3 + 2 + 2);
  });

  test('lanes that end early, and a loop as long as the last of them takes', () => {
    const { issued } = walk(`
      S2R R4, SR_LANEID
      ISETP.GE.AND P0, PT, R4, 0x10, PT
      @P0 EXIT
      .L_x_0:
      IADD3 R4, R4, -0x1, RZ
      ISETP.GE.AND P0, PT, R4, RZ, PT
      @P0 BRA \`(.L_x_0)
      EXIT`);
    expect(issued).toBe(3 + 16 * 3 + 1);
  });

  test('an instruction that no lane takes is issued, and does nothing', () => {
    const { issued, clocks } = walk('@!PT LDS RZ, [RZ]\nEXIT');
    expect({ issued, clocks }).toEqual({ issued: 2, clocks: 0 });
  });

  test('a sum over all lanes by shuffles, a clock each', () => {
    const warp = walk(`
      S2R R0, SR_TID.X
      ${[16, 8, 4, 2, 1].map(by => `SHFL.BFLY PT, R1, R0, 0x${by.toString(16)}, 0x1f\nIADD3 R0, R0, R1, RZ`).join('\n')}
      SHFL.IDX P1, R2, R0, RZ, 0x1f
      EXIT`);
    expect([...warp.register('R2')]).toEqual(new Array(32).fill((31 * 32) / 2));
    expect(warp.clocks).toBe(6);
  });

  test.each<[string, string, number, number]>([
    ['neighbours', 'LDS R0, [R5+0x10]', 4, 1],
    ['every other word: two lanes a bank', 'LDS R0, [R5+0x10]', 8, 2],
    ['a row apart: all in one bank', 'LDS R0, [R5]', 128, 32],
    ['an odd row apart', 'STS [R5], R0', 132, 1],
    ['all the same', 'LDS R0, [R5]', 0, 1],
    ['halves of words', 'LDS.U16 R0, [R5]', 2, 1],
    ['8 bytes', 'LDS.64 R6, [R5]', 8, 2],
    ['16 bytes', 'LDS.128 R8, [R5]', 16, 4],
    ['16 bytes, 32 apart', 'LDS.128 R8, [R5]', 32, 8],
    ['16 bytes, 48 apart', 'STS.128 [R5], R8', 48, 4],
    ['16 bytes that all want', 'LDS.128 R8, [R5]', 0, 1],
    ['16 bytes that each quarter wants', 'LOP3.LUT R5, R5, 0x7f, RZ, 0xc0, !PT\nLDS.128 R8, [R5]', 16, 4],
    ['asynchronous copies', 'LDGSTS.E.BYPASS.128 [R5], desc[UR8][R2.64]', 32, 8],
    ['a uniform part', 'LDS R0, [R5+UR4+0x4]', 8, 2],
    ['eight lanes', '@P0 LDS R0, [R5]', 128, 8],
    ['global memory', 'STG.E.128 desc[UR8][R2.64], R4', 0, 4],
    ['global memory of eight lanes', '@P0 LDG.E R0, desc[UR8][R2.64]', 0, 0.25],
  ])('the shared-memory pipe: %s', (_, access, stride, clocks) => {
    const setup = `
      S2R R4, SR_LANEID
      ISETP.LT.U32.AND P0, PT, R4, 0x8, PT
      IMAD R5, R4, 0x${stride.toString(16)}, RZ`;
    expect(walk(`${setup}\n${access}\nEXIT`).clocks).toBe(clocks);
  });

  test.each<[string, number, ...number[]]>([
    ['IADD3 R0, -R1, R2, -0x1', 4, 5, 10],
    ['IADD3 R0, P0, R1, R2, RZ\nIADD3.X R0, RZ, RZ, RZ, P0, !PT', 1, 0xffffffff, 1],
    ['IADD3 R0, P0, R1, -R2, RZ\nIADD3.X R0, R3, ~RZ, RZ, P0, !PT', 6, 3, 4, 7],
    ['IADD3 R0, P0, R1, -R2, RZ\nIADD3.X R0, R3, ~RZ, RZ, P0, !PT', 7, 4, 4, 7],
    ['VIADD R0, R1.reuse, 0xffffffff', 8, 9],
    ['IMAD R0, R1, R2, -R3', 27, 5, 6, 3],
    ['IMAD.MOV.U32 R0, RZ, RZ, R1', 9, 9],
    ['MOV R5, 0x1\nIMAD.HI.U32 R0, R1, R2, R4', 5, 0x80000000, 8],
    ['IMAD.HI R0, R1, R2, RZ', 0xffffffff, -5, 1],
    ['IMAD.WIDE.U32 R6, R1, R2, RZ\nMOV R0, R7', 1, 0x80000000, 2],
    ['IMAD.WIDE R6, R1, R2, RZ\nMOV R0, R7', 0xffffffff, -3, 2],
    ['LEA R0, R1, R2, 0x3', 42, 5, 2],
    ['LEA.HI R0, R1, R2, RZ, 0x1d', 9, 64, 1],
    ['LEA R0, P0, R1, R2, 0x2\nLEA.HI.X R0, R1, R3, RZ, 0x2, P0', 3, 0x40000001, 0xfffffffc, 1],
    ['LEA.HI.SX32 R0, R1, R2, 0x1e', 4, -4, 5],
    ['SHF.L.U32 R0, R1, 0x4, RZ', 0x10, 1],
    ['SHF.L.U64.HI R0, R1, 0x4, R2', 0x1f, 0xf0000000, 1],
    ['SHF.R.S32.HI R0, RZ, 0x2, R1', 0xfffffffe, -8],
    ['SHF.R.U32.HI R0, RZ, 0x4, R1', 0x0fffffff, 0xffffffff],
    ['SHF.R.S64 R0, R1, 0x4, R2', 0x20000000, 0, 2],
    ['PRMT R0, R1, 0x7610, R2', 0xbbbb1111, 0x22221111, 0xbbbbaaaa],
    ['PRMT R0, R1, 0x9, RZ', 0xff, 0x8000],
    ['LOP3.LUT R0, R1, 0xf, R2, 0xf8, !PT', 0x118, 0x110, 0x108],
    ['LOP3.LUT R0, R1, 0xf, R2, 0xea, !PT', 0x109, 0x111, 0x108],
    ['LOP3.LUT P0, RZ, R1, 0x4, RZ, 0xc0, !PT\nSEL R0, R2, R3, P0', 7, 6, 7, 8],
    ['ISETP.LT.AND P0, P1, R1, R2, PT\nSEL R0, RZ, 0x1, P1', 1, -1, 0],
    ['ISETP.LT.U32.AND P0, PT, R1, R2, PT\nSEL R0, RZ, 0x1, P0', 1, -1, 0],
    [
      'ISETP.NE.U32.AND P0, PT, R1, RZ, PT\nISETP.NE.AND.EX P0, PT, R2, RZ, PT, P0\nSEL R0, 0x1, 0x2, P0',
      2,
      0,
      0,
    ],
    ['PLOP3.LUT P0, PT, PT, PT, !PT, 0x40, 0x0\nSEL R0, 0x1, 0x2, P0', 1],
    ['R2P PR, R1, 0x3\nP2R R0, PR, RZ, 0x7f', 2, 6],
    ['IABS R0, R1', 6, -6],
    ['VIMNMX R0, R1, R2, PT', 0xffffffff, -1, 3],
    ['VIMNMX.U32 R0, R1, R2, !PT', 0xffffffff, -1, 3],
    ['VIADDMNMX.U32 R0, R1, R2, R3, PT', 5, 3, 4, 5],
    ['HFMA2.MMA R0, -RZ, RZ, 1.875, 0', 0x3f800000],
    ['HFMA2.MMA R0, -RZ, RZ, 0, 5.9604644775390625e-08', 1],
    ['FSEL R0, RZ, 1, !PT', 0x3f800000],
    ['FSETP.GT.AND P0, PT, |R1|, 0.5, PT\nSEL R0, 0x1, 0x2, P0', 1, 0xbf800000],
    ['R2UR UR4, R1\nIMAD.U32 R0, RZ, RZ, UR4', 9, 9],
    ['HMMA.16816.F32.BF16 R4, R8, R12, R4\nMOV R0, R7', 0x3f800000],
    ['FMNMX.NAN R0, R1, 5, !PT', 0x3f800000, 7],
    ['ULDC UR4, c[0x0][0x0]\nUIADD3 UR4, UR4, 0x5, URZ\nIMAD.U32 R0, RZ, RZ, UR4', 5],
  ])('%s', (code, result, ...given) => {
    expect(first(code, ...given)).toBe(result);
  });

  // The quotient as nvcc makes it: a float's inverse, rounded, then corrected twice.
  test.each([
    [100, 7],
    [0xfffffff0, 3],
    [6, 7],
    [4096, 132],
  ])('a division of integers: %i / %i', (a, b) => {
    const divide = `
      I2F.U32.RP R5, R2
      MUFU.RCP R5, R5
      IADD3 R5, R5, 0xffffffe, RZ
      F2I.FTZ.U32.TRUNC.NTZ R7, R5
      IMAD.MOV R8, RZ, RZ, -R7
      MOV R6, RZ
      IMAD R8, R8, R2, RZ
      IMAD.HI.U32 R7, R7, R8, R6
      IMAD.HI.U32 R0, R7, R1, RZ
      IMAD.MOV R8, RZ, RZ, -R0
      IMAD R8, R2, R8, R1
      ISETP.GE.U32.AND P0, PT, R8, R2, PT
      @P0 IADD3 R8, R8, -R2, RZ
      @P0 VIADD R0, R0, 0x1
      ISETP.GE.U32.AND P0, PT, R8, R2, PT
      @P0 VIADD R0, R0, 0x1`.trim();
    expect(first(divide, a, b)).toBe(Math.floor(a / b));
  });

  test('constants, of which an index may choose', () => {
    const constants = new DataView(new ArrayBuffer(64));
    for (const i of [0, 1, 2, 3]) constants.setUint32(16 + 4 * i, 100 + i, true);
    const warp = walk(
      'LDC.64 R2, c[0x0][0x10]\nMOV R1, 0x8\nLDC R0, c[0x0][R1+0x10]\nULDC.U8 UR4, c[0x0][0x1c]\nEXIT',
      { constants },
    );
    expect(['R0', 'R2', 'R3', 'UR4'].map(name => warp.register(name)[5])).toEqual([102, 100, 101, 103]);
  });

  test.each([
    ['FROB.X R1, R2', 'unknown opcode FROB: FROB.X R1, R2'],
    ['IADD3.SAT R1, R2, R3, R4', 'unknown trait SAT of opcode IADD3: IADD3.SAT R1, R2, R3, R4'],
    ['S2R R1, SR_CLOCKLO', 'unknown special register SR_CLOCKLO: S2R R1, SR_CLOCKLO'],
    ['LDS R1, [R2.X4+0x10]', 'unknown way to say an address of shared memory: LDS R1, [R2.X4+0x10]'],
    ['MOV R1, c[0x3][0x10]', 'unknown operand c[0x3][0x10]: MOV R1, c[0x3][0x10]'],
    ['MUFU.SIN R1, R2', 'unknown function SIN: MUFU.SIN R1, R2'],
    ['BRA `(.L_x_9)', 'unknown label .L_x_9: BRA `(.L_x_9)'],
  ])('what is not known is an error: %s', (code, message) => {
    expect(() => walk(`${code}\nEXIT`)).toThrow(message);
  });

  test('code that does not end is an error', () => {
    expect(() => walk('NOP')).toThrow('machine code without an end');
  });

  test('halves as numbers', () => {
    expect([0, 1, -2, 65504, 2 ** -14, 2 ** -24, 1.5].map(halfBits)).toEqual([
      0, 0x3c00, 0xc000, 0x7bff, 0x0400, 1, 0x3e00,
    ]);
  });
});

const CUBIN = `
.section	.nv.info.kernel,"",@"SHT_CUDA_INFO"
.L_266:
        /*0360*/ 	.word	index@(.nv.constant0.kernel)
        /*0364*/ 	.short	0x0210
        /*0366*/ 	.short	0x0180
	.section	.text.kernel,"ax",@progbits
.text.kernel:
        .type           kernel,@function
        /*0000*/                   LDC R1, c[0x0][0x28] ;  /* 0x00000a00ff017b82 */
.L_x_0:
        /*0010*/              @!P0 BRA \`(.L_x_0) ;
	.section	.debug,""
        /*0000*/                   NOP ;
`;

describe("nvdisasm's text", () => {
  test('kernels, their labels, and where their argument lies', () => {
    expect(Object.fromEntries(parseCubin(CUBIN))).toEqual({
      kernel: {
        instructions: ['LDC R1, c[0x0][0x28]', '@!P0 BRA `(.L_x_0)'],
        labels: new Map([['.L_x_0', 1]]),
        argument: { offset: 0x210, bytes: 0x180 },
      },
    });
  });
});

describe.skipIf(process.platform !== 'linux')('gpu:count', () => {
  test.each([
    [['--ops', 'depth,deep'], '--ops must be of width, depth, depth_width, width_grad, depth_grad, '],
    [['--kinds', '4'], '--kinds must be of n x m, such as 4x4, got 4'],
    [['--dims', '0.5'], '--dims must be of whole numbers, got 0.5'],
    [['--dims', '2046'], '--dims must be multiples of m, got 2046 with m = 4'],
    [['--fast'], "Unknown option '--fast'"],
  ])('%j: one line', (args, message) => {
    const { status, stderr } = gpuCount(args);
    expect(stderr).toMatch(/^gpu:count: [^\n]+\n$/);
    expect(stderr).toContain(message);
    expect(status).toBe(1);
  });

  test.each<[string, Record<string, string>, string]>([
    ['compiler', {}, 'no C++ compiler (looked for g++, c++, clang++)'],
    ['nvcc', { 'g++': 'exit 0' }, 'no nvcc: install the CUDA toolkit'],
    ['nvdisasm', { 'g++': 'exit 0', nvcc: 'exit 0' }, 'no Python 3'],
  ])('no %s: one line', (_, tools, message) => {
    const folder = temporaryFolder();
    const env = { PATH: pathWith(tools), CUDA_PATH: folder, XDG_CACHE_HOME: folder };
    const { status, stderr } = gpuCount([], env);
    expect(stderr).toMatch(/^gpu:count: [^\n]+\n$/);
    expect(stderr).toContain(message);
    expect(status).toBe(1);
  });
});
