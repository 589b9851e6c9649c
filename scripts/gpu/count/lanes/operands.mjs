// What instructions read and write, as nvdisasm writes it: `-R5.reuse`, `|c[0x0][0x290]|`, `!P0`, `0x10`, `[R5+UR4+0x10]`.
import { Unknown } from './unknown.mjs';
import { bitsOf, floatOf } from './values.mjs';

const PREDICATE = /^(!?)(U?P(?:T|\d))$/;
const VALUE = /^([-~]?)(\|?)(U?R(?:Z|\d+)|c\[.*\])\|?((?:\.\w+)*)\|?$/;
const CONSTANT = /^c\[0x0\]\[(?:(U?R\w+)\+?)?(-?0x\w+)?\]$/;
const ADDRESS = /^\[(?:(U?R(?:Z|\d+)))?\+?(U?R\d+)?\+?(-?0x\w+)?\]$/;
const NUMBER = /^[-+]?(0x[0-9a-f]+|[\d.]+(e[-+]?\d+)?|INF|QNAN)$/;
/** Traits of an operand that change nothing here: a half of a register is data. */
const HARMLESS = ['reuse', 'H0_H0', 'H1_H1', '64'];

/** What lanes write; what is uniform is there once, so all see it. All values are known before: lanes may read each other's. */
function write(to, lanes, values, uniform) {
  if (uniform) to.fill(values[0]);
  else for (const [i, lane] of lanes.entries()) to[lane] = values[i];
}

/** A predicate, of which a lane has one: PT is always true, and cannot be written. */
export class Predicate {
  constructor(state, name, negated) {
    Object.assign(this, {
      bits: state.predicate(name),
      fixed: /PT$/.test(name),
      uniform: name[0] === 'U',
      negated,
    });
  }
  get(lane) {
    return (this.bits[lane] !== 0) !== this.negated;
  }
  /** `compute` gets a lane, and its place among lanes. */
  set(lanes, compute) {
    if (!this.fixed) write(this.bits, lanes, lanes.map(compute), this.uniform);
  }
}

/** Something with 32 bits a lane, or 64 with those that follow: what a class below reads, with what is done to it on the way. */
class Value {
  sign = '';
  absolute = false;
  /** As integer instructions take it. */
  int(lane) {
    const word = this.word(lane);
    return (this.sign === '-' ? -word : this.sign === '~' ? ~word : word) >>> 0;
  }
  signed(lane) {
    return this.int(lane) | 0;
  }
  /** What it adds to a sum whose carry counts: -x is ~x + 1. */
  term(lane) {
    return this.sign === '-' ? (~this.word(lane) >>> 0) + 1 : this.int(lane);
  }
  wide(lane) {
    const word = (BigInt(this.word(lane, 1)) << 32n) | BigInt(this.word(lane));
    return this.sign === '-' ? -word : word;
  }
  float(lane) {
    const float = floatOf(this.word(lane));
    const size = this.absolute ? Math.abs(float) : float;
    return this.sign === '-' ? -size : size;
  }
}

export class Register extends Value {
  constructor(state, name) {
    super();
    this.name = name;
    this.uniform = name[0] === 'U';
    this.fixed = name.endsWith('Z');
    const next = name.replace(/\d+/, number => Number(number) + 1);
    this.words = [state.register(name), state.register(next)];
  }
  word(lane, which = 0) {
    return this.words[which][lane];
  }
  set(lanes, compute) {
    if (!this.fixed) write(this.words[0], lanes, lanes.map(compute), this.uniform);
  }
  /** The same with big integers of 64 bits. */
  setWide(lanes, compute) {
    const values = lanes.map(compute);
    const word = (which, value) => Number(BigInt.asUintN(32, value >> BigInt(32 * which)));
    if (this.fixed) return;
    for (const which of [0, 1])
      write(
        this.words[which],
        lanes,
        values.map(value => word(which, value)),
        this.uniform,
      );
  }
}

export class Constant extends Value {
  constructor(state, text) {
    super();
    const [, register = 'RZ', offset = '0x0'] = CONSTANT.exec(text) ?? [];
    if (!CONSTANT.test(text)) throw new Unknown(`operand ${text}`);
    Object.assign(this, {
      constants: state.constants,
      register: new Register(state, register),
      offset: numberOf(offset),
    });
  }
  at(lane) {
    return this.register.signed(lane) + this.offset;
  }
  word(lane, which = 0) {
    return this.constants.getUint32(this.at(lane) + 4 * which, true);
  }
}

export class Immediate extends Value {
  constructor(text) {
    super();
    this.number = numberOf(text);
    this.bits = text.includes('0x') ? this.number >>> 0 : bitsOf(this.number);
  }
  word(_, which = 0) {
    return which === 0 ? this.bits : this.number < 0 ? 0xffffffff : 0;
  }
}

/** Of shared memory. */
export class Address {
  constructor(state, [, register = 'RZ', uniform = 'URZ', offset = '0x0']) {
    this.parts = [new Register(state, register), new Register(state, uniform)];
    this.offset = numberOf(offset);
  }
  at(lane) {
    return this.parts.reduce((sum, part) => sum + part.signed(lane), this.offset);
  }
}

/** Anything else: a label, a barrier, a special register. */
class Word {
  constructor(text) {
    this.text = text;
  }
}

function numberOf(text) {
  const [, digits] = NUMBER.exec(text);
  const size = digits === 'INF' ? Infinity : digits === 'QNAN' ? NaN : Number(digits);
  return text[0] === '-' ? -size : size;
}

function parseValue(state, [text, sign, bar, name, traits]) {
  const strange = traits.split('.').find(trait => trait && !HARMLESS.includes(trait));
  if (strange) throw new Unknown(`operand ${text}`);
  const value = name[0] === 'c' ? new Constant(state, name) : new Register(state, name);
  return Object.assign(value, { sign, absolute: bar !== '' });
}

/** `state` has the registers, predicates and constants of a warp (warp.mjs). */
export function parseOperand(state, text) {
  const predicate = PREDICATE.exec(text);
  if (predicate) return new Predicate(state, predicate[2], predicate[1] !== '');
  const value = VALUE.exec(text);
  if (value) return parseValue(state, value);
  if (NUMBER.test(text)) return new Immediate(text);
  const address = ADDRESS.exec(text);
  if (address) return new Address(state, address);
  return new Word(text);
}
