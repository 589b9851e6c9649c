// Arithmetic on floats, and conversions: exact enough for the integer divisions that are made of them.
import { Unknown } from '../lanes/unknown.mjs';
import { bitsOf, floatOf, halfBits, MADE_UP } from '../lanes/values.mjs';

const floats =
  compute =>
  ({ operands: [to, ...from], traits, lanes }) => {
    const values = lane => from.map(each => each.float(lane));
    to.set(lanes, lane => bitsOf(compute(values(lane), traits)));
  };

const madeUp = ({ operands: [to], lanes }) => to.set(lanes, () => MADE_UP);

const FUNCTIONS = { RCP: x => 1 / x, RSQ: x => 1 / Math.sqrt(x), EX2: x => 2 ** x };

function special([x], traits) {
  const name = [...traits].find(each => FUNCTIONS[each]);
  if (!name) throw new Unknown(`function ${[...traits]}`);
  return FUNCTIONS[name](x);
}

/** An integer's value, by the traits of an instruction that converts it. */
function numberOf(value, lane, traits) {
  if (traits.has('S64')) return Number(BigInt.asIntN(64, value.wide(lane)));
  if (traits.has('U64')) return Number(BigInt.asUintN(64, value.wide(lane)));
  return traits.has('U32') ? value.int(lane) : value.signed(lane);
}

function toFloat({ operands: [to, from], traits, lanes }) {
  const convert = lane => {
    const number = numberOf(from, lane, traits);
    const bits = bitsOf(number);
    return traits.has('RP') && floatOf(bits) < number ? bits + 1 : bits; // of numbers above 0 the next float
  };
  to.set(lanes, convert);
}

function toInteger({ operands: [to, from], traits, lanes }) {
  if (!traits.has('U32') || !traits.has('TRUNC')) throw new Unknown(`conversion ${[...traits]}`);
  to.set(lanes, lane => Math.min(0xffffffff, Math.max(0, Math.trunc(from.float(lane)) || 0)));
}

/** Used to make constants: 0 times 0 and two halves. */
function halves({ operands: [to, a, b, high, low], lanes }) {
  if (!a.fixed || !b.fixed) return madeUp({ operands: [to], lanes });
  const bits = halfBits(high.number) * 0x10000 + halfBits(low.number);
  to.set(lanes, () => bits);
}

/** A product of tensor cores: four registers. */
const tile = ({ operands: [to], lanes, warp }) => warp.makeUp(to, 4, lanes);

export const FLOATS = {
  FADD: floats(([a, b]) => a + b),
  FMUL: floats(([a, b]) => a * b),
  FFMA: floats(([a, b, c]) => a * b + c),
  MUFU: floats(special),
  HADD2: madeUp,
  F2FP: madeUp,
  FMNMX: madeUp,
  HMMA: tile,
  HFMA2: halves,
  I2F: toFloat,
  I2FP: toFloat,
  F2I: toInteger,
};
