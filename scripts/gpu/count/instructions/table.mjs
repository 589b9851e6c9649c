// By opcode, what an instruction does: a function of `{ operands, traits, lanes, warp }`, traits being the words behind the opcode
// and lanes those that are active. What is not here is an error.
import { Unknown } from '../lanes/unknown.mjs';
import { CONTROL } from './control.mjs';
import { FLOATS } from './floats.mjs';
import { INTEGERS } from './integers.mjs';
import { MEMORY } from './memory.mjs';
import { PREDICATES } from './predicates.mjs';

const INSTRUCTIONS = { ...CONTROL, ...FLOATS, ...INTEGERS, ...MEMORY, ...PREDICATES };

/** The traits that instructions on integers know. Those of others change no path. */
const TRAITS = {
  ISETP: 'EQ NE LT LE GT GE AND OR XOR U32 EX',
  PLOP3: 'LUT',
  LOP3: 'LUT',
  SEL: '',
  MOV: '',
  R2UR: '',
  IABS: '',
  CS2R: '',
  IADD3: 'X',
  VIADD: '',
  IMAD: 'MOV IADD SHL U32 HI WIDE X',
  LEA: 'HI X SX32',
  SHF: 'L R W U32 S32 U64 S64 HI',
  PRMT: '',
  VIMNMX: 'U32',
  VIADDMNMX: 'U32',
  SHFL: 'BFLY IDX',
};

/** The function of an opcode with such traits. The uniform datapath's do once a warp what the others do once a lane. */
export function functionOf(opcode, traits) {
  const name = opcode in INSTRUCTIONS ? opcode : opcode.replace(/^U/, '');
  if (!(name in INSTRUCTIONS)) throw new Unknown(`opcode ${opcode}`);
  const strange = name in TRAITS && [...traits].find(trait => !TRAITS[name].split(' ').includes(trait));
  if (strange) throw new Unknown(`trait ${strange} of opcode ${opcode}`);
  return INSTRUCTIONS[name];
}
