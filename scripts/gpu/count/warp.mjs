// A warp that walks over a kernel's machine code, with real integers and made-up floats: which instructions it issues, and how
// long it keeps the shared-memory pipe.
import { SetupError } from '../../common/terminal.mjs';
import { functionOf } from './instructions/table.mjs';
import { parseOperand } from './lanes/operands.mjs';
import { Unknown } from './lanes/unknown.mjs';
import { EVERY_LANE, LANES, MADE_UP } from './lanes/values.mjs';

const INSTRUCTION = /^(?:@(!?U?P\w+)\s+)?(\w+)((?:\.\w+)*)\s*(.*)$/;
const MOST_STEPS = 2_000_000;

export class Warp {
  issued = 0;
  /** Clocks of the shared-memory pipe. */
  clocks = 0;
  /** A lane's next instruction, and whether it has not ended. */
  at = new Array(LANES).fill(0);
  alive = new Array(LANES).fill(true);
  #registers = new Map();
  #predicates = new Map();
  #parsed = new Map();

  /** `constants` is a DataView of the first bank; `first` the first lane's place in its block. */
  constructor(code, { constants = new DataView(new ArrayBuffer(4096)), first = 0 } = {}) {
    Object.assign(this, { code, constants, first });
  }

  register(name) {
    if (!this.#registers.has(name)) this.#registers.set(name, new Uint32Array(LANES));
    return this.#registers.get(name);
  }

  predicate(name) {
    const initial = /PT$/.test(name) ? 1 : 0;
    if (!this.#predicates.has(name)) this.#predicates.set(name, new Uint8Array(LANES).fill(initial));
    return this.#predicates.get(name);
  }

  /** Leaves made-up data in so many registers, from one on. */
  makeUp(to, words, lanes) {
    if (to.fixed) return;
    for (let i = 0; i < words; ++i) {
      const register = this.register(`R${Number(to.name.slice(1)) + i}`);
      for (const lane of lanes) register[lane] = MADE_UP;
    }
  }

  /** To its end. Lanes that went apart meet again as those that are behind go first. */
  run() {
    for (let lanes = EVERY_LANE; lanes.length > 0; lanes = EVERY_LANE.filter(lane => this.alive[lane])) {
      const at = Math.min(...lanes.map(lane => this.at[lane]));
      const text = this.code.instructions[at];
      if (text === undefined) throw new SetupError('machine code without an end');
      if (++this.issued > MOST_STEPS) throw new SetupError(`no end after ${MOST_STEPS} instructions`);
      this.#step(
        at,
        text,
        lanes.filter(lane => this.at[lane] === at),
      );
    }
    return this;
  }

  #step(at, text, lanes) {
    for (const lane of lanes) this.at[lane] = at + 1;
    try {
      if (!this.#parsed.has(at)) this.#parsed.set(at, this.#parse(text));
      const { execute, guard, operands, traits } = this.#parsed.get(at);
      const active = guard ? lanes.filter(lane => guard.get(lane)) : lanes;
      if (active.length > 0) execute({ operands, traits, lanes: active, warp: this });
    } catch (error) {
      throw error instanceof Unknown ? new SetupError(`${error.message}: ${text}`) : error;
    }
  }

  #parse(text) {
    const [, guard, opcode, words, operands] = INSTRUCTION.exec(text);
    const traits = new Set(words.split('.').slice(1));
    return {
      traits,
      execute: functionOf(opcode, traits),
      guard: guard && parseOperand(this, guard),
      operands: operands
        .split(/,\s*/)
        .filter(Boolean)
        .map(each => parseOperand(this, each)),
    };
  }
}
