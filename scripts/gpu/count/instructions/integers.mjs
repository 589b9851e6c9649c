// Arithmetic on integers: addresses, counters, divisions.
import { Predicate } from '../lanes/operands.mjs';
import { Unknown } from '../lanes/unknown.mjs';

const WORD = 2 ** 32;
const sumOf = numbers => numbers.reduce((sum, each) => sum + each, 0);

/** `IADD3.X R3, P0, R4, R5, R6, P1, !PT`: the result, carries out, values, carries in. */
function split([to, ...rest]) {
  const isValue = each => !(each instanceof Predicate);
  const first = rest.findIndex(isValue);
  const last = rest.findLastIndex(isValue);
  return {
    to,
    out: rest.slice(0, first),
    values: rest.slice(first, last + 1),
    carries: rest.slice(last + 1),
  };
}

/** Sums as they are before the carry is cut off, to where they go. */
function put({ to, out }, lanes, compute) {
  const sums = lanes.map(compute);
  to.set(lanes, (_, i) => sums[i] % WORD);
  for (const [which, carry] of out.entries()) carry.set(lanes, (_, i) => Math.floor(sums[i] / WORD) > which);
}

const carried = ({ carries }, lane) => sumOf(carries.map(each => Number(each.get(lane))));

function add({ operands, lanes }) {
  const parts = split(operands);
  put(parts, lanes, lane => sumOf(parts.values.map(each => each.term(lane))) + carried(parts, lane));
}

/** The upper word of a, or of c and a, shifted left. */
function upper(a, c, shift, traits, lane) {
  const word = BigInt(traits.has('SX32') ? a.signed(lane) : a.int(lane)) + (BigInt(c?.int(lane) ?? 0) << 32n);
  return Number(BigInt.asUintN(32, (word << BigInt(shift)) >> 32n));
}

/** a shifted left, plus b. */
function loadAddress({ operands, traits, lanes }) {
  const parts = split(operands);
  const [a, b, ...more] = parts.values;
  const { bits: shift } = more.pop();
  const shifted = lane =>
    traits.has('HI') ? upper(a, more[0], shift, traits, lane) : (a.int(lane) << shift) >>> 0;
  put(parts, lanes, lane => shifted(lane) + b.term(lane) + carried(parts, lane));
}

/** a b + c: of 32 bits, of 64 (WIDE), or the upper half of 64 (HI), where c has 64 as well. */
function multiplyAdd({ operands, traits, lanes }) {
  const parts = split(operands);
  const [a, b, c] = parts.values;
  const read = (each, lane) => BigInt(traits.has('U32') ? each.int(lane) : each.signed(lane));
  const product = lane => read(a, lane) * read(b, lane);
  const whole = lane => product(lane) + c.wide(lane);
  const low = lane => Number(BigInt.asUintN(32, product(lane))) + c.term(lane);
  const wide = traits.has('WIDE') || traits.has('HI');
  if (wide && parts.out.length + parts.carries.length > 0) throw new Unknown('carry of 64 bits');
  if (traits.has('WIDE')) parts.to.setWide(lanes, whole);
  else if (traits.has('HI')) parts.to.set(lanes, lane => Number(BigInt.asUintN(32, whole(lane) >> 32n)));
  else put(parts, lanes, lane => low(lane) + carried(parts, lane));
}

/** Of 64 bits, high and low; the result is the upper half (HI) or the lower one. */
function shift({ operands: [to, low, by, high], traits, lanes }) {
  const whole = lane => {
    const signed = traits.has('S32') || traits.has('S64');
    const word = BigInt(signed ? high.signed(lane) : high.int(lane)) * 2n ** 32n + BigInt(low.int(lane));
    const count = BigInt(traits.has('W') ? by.int(lane) % 32 : Math.min(by.int(lane), 64));
    return traits.has('L') ? word << count : word >> count;
  };
  to.set(lanes, lane => Number(BigInt.asUintN(32, whole(lane) >> (traits.has('HI') ? 32n : 0n))));
}

/** Bytes of a and c chosen by the digits of b: of the eight, or with the highest bit a byte's sign. */
function permute({ operands: [to, a, b, c], lanes }) {
  const byte = (lane, digit) => {
    const found = ((digit & 4 ? c : a).int(lane) >>> (8 * (digit & 3))) & 0xff;
    return digit & 8 ? (found & 0x80 ? 0xff : 0) : found;
  };
  const digits = [0, 1, 2, 3];
  to.set(lanes, lane => sumOf(digits.map(i => byte(lane, (b.int(lane) >>> (4 * i)) & 15) * 256 ** i)));
}

function lesserOrGreater(first, second, which, { to, traits, lanes }) {
  const read = bits => (traits.has('U32') ? bits >>> 0 : bits | 0);
  const choose = lane => (which.get(lane) ? Math.min : Math.max)(read(first(lane)), read(second.int(lane)));
  to.set(lanes, lane => choose(lane) >>> 0);
}

const each =
  compute =>
  ({ operands: [to, from], lanes }) =>
    to.set(lanes, lane => compute(from, lane));

export const INTEGERS = {
  MOV: each((from, lane) => from.int(lane)),
  R2UR: each((from, lane) => from.int(lane)),
  IABS: each((from, lane) => Math.abs(from.signed(lane))),
  CS2R: ({ operands: [to, { text }], lanes }) => {
    if (text !== 'SRZ') throw new Unknown(`special register ${text}`);
    to.setWide(lanes, () => 0n);
  },
  IADD3: add,
  VIADD: add,
  IMAD: multiplyAdd,
  LEA: loadAddress,
  SHF: shift,
  PRMT: permute,
  VIMNMX: ({ operands: [to, a, b, which], traits, lanes }) =>
    lesserOrGreater(lane => a.int(lane), b, which, { to, traits, lanes }),
  VIADDMNMX: ({ operands: [to, a, b, c, which], traits, lanes }) =>
    lesserOrGreater(lane => a.int(lane) + b.int(lane), c, which, { to, traits, lanes }),
};
