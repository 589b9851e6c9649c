// Instructions that write predicates, or choose by them.
import { Predicate } from '../lanes/operands.mjs';
import { Unknown } from '../lanes/unknown.mjs';
import { bitsOf } from '../lanes/values.mjs';

/** True of two numbers; those of floats that end with U are true where one is not a number. */
const COMPARISONS = {
  LT: (x, y) => x < y,
  LE: (x, y) => x <= y,
  GT: (x, y) => x > y,
  GE: (x, y) => x >= y,
  EQ: (x, y) => x === y,
  NE: (x, y) => x < y || x > y,
  LTU: (x, y) => !(x >= y),
  LEU: (x, y) => !(x > y),
  GTU: (x, y) => !(x <= y),
  GEU: (x, y) => !(x < y),
  EQU: (x, y) => !(x < y || x > y),
  NEU: (x, y) => x !== y,
};
/** With a second predicate. */
const JOINS = { AND: (x, y) => x && y, OR: (x, y) => x || y, XOR: (x, y) => x !== y };

function known(table, traits) {
  const name = [...traits].find(each => table[each]);
  if (!name) throw new Unknown(`comparison ${[...traits]}`);
  return table[name];
}

/** The upper words of 64 bits, whose lower words were compared before: those decide where the upper ones are equal. */
const extended = (compare, low) => (x, y, lane) => (x === y ? low.get(lane) : compare(x, y));

/** Comparison and its opposite, each joined with a predicate. */
const compare =
  read =>
  ({ operands, traits, lanes }) => {
    const [to, opposite, a, b, other, low] = operands;
    const join = known(JOINS, traits);
    const plain = known(COMPARISONS, traits);
    const holds = traits.has('EX') ? extended(plain, low) : plain;
    const results = lanes.map(lane => holds(read(a, lane, traits), read(b, lane, traits), lane));
    const joined = lanes.map(lane => other.get(lane));
    to.set(lanes, (_, i) => join(results[i], joined[i]));
    opposite.set(lanes, (_, i) => join(!results[i], joined[i]));
  };

const integer = (value, lane, traits) => (traits.has('U32') ? value.int(lane) : value.signed(lane));
const float = (value, lane) => value.float(lane);

/** A truth table of three inputs. */
const looked = (table, a, b, c) => ((table >> (4 * a + 2 * b + Number(c))) & 1) === 1;

function logic({ operands: [to, second, a, b, c, table, secondTable], lanes }) {
  const of = numbers => lanes.map(lane => looked(numbers.bits, a.get(lane), b.get(lane), c.get(lane)));
  const results = [of(table), of(secondTable)];
  to.set(lanes, (_, i) => results[0][i]);
  second.set(lanes, (_, i) => results[1][i]);
}

/** Bits of a, b and c looked up in a truth table; before the result there may be a predicate: whether it is above 0. */
function bitwise({ operands, lanes }) {
  const nonzero = operands[0] instanceof Predicate ? operands[0] : undefined;
  const [to, a, b, c, table] = operands.slice(nonzero ? 1 : 0);
  const results = lanes.map(lane => {
    let result = 0;
    for (let row = 0; row < 8; ++row) {
      const [x, y, z] = [a, b, c].map((each, i) => ((row >> (2 - i)) & 1 ? each.int(lane) : ~each.int(lane)));
      if ((table.bits >> row) & 1) result |= x & y & z;
    }
    return result >>> 0;
  });
  to.set(lanes, (_, i) => results[i]);
  nonzero?.set(lanes, (_, i) => results[i] !== 0);
}

const select =
  read =>
  ({ operands: [to, a, b, which], lanes }) =>
    to.set(lanes, lane => read(which.get(lane) ? a : b, lane));

/** All predicates as bits of a register, those of the mask. */
function gather({ operands: [to, , rest, mask], lanes, warp }) {
  const bits = lane =>
    [0, 1, 2, 3, 4, 5, 6].reduce((sum, i) => sum + (warp.predicate(`P${i}`)[lane] << i), 0);
  to.set(lanes, lane => ((bits(lane) & mask.int(lane)) | (rest.int(lane) & ~mask.int(lane))) >>> 0);
}

function scatter({ operands: [, from, mask], lanes, warp }) {
  for (const lane of lanes)
    for (let i = 0; i < 7; ++i)
      if ((mask.int(lane) >> i) & 1) warp.predicate(`P${i}`)[lane] = (from.int(lane) >> i) & 1;
}

export const PREDICATES = {
  ISETP: compare(integer),
  FSETP: compare(float),
  PLOP3: logic,
  LOP3: bitwise,
  SEL: select((value, lane) => value.int(lane)),
  FSEL: select((value, lane) => bitsOf(value.float(lane))),
  P2R: gather,
  R2P: scatter,
};
