// Loads bring made-up data, stores go nowhere: what counts is how long they keep the pipe.
import { Address } from '../lanes/operands.mjs';
import { globalClocks, sharedClocks, widthOf } from '../lanes/shared_memory.mjs';
import { Unknown } from '../lanes/unknown.mjs';

const shared = ({ operands, traits, lanes, warp }) => {
  const address = operands.find(each => each instanceof Address);
  if (!address) throw new Unknown('way to say an address of shared memory');
  const addresses = lanes.map(lane => address.at(lane));
  warp.clocks += sharedClocks(lanes, addresses, widthOf(traits));
};

const global = ({ traits, lanes, warp }) => {
  warp.clocks += globalClocks(lanes, widthOf(traits));
};

const load = pass => instruction => {
  const { operands, traits, lanes, warp } = instruction;
  const [to] = operands;
  pass(instruction);
  warp.makeUp(to, Math.ceil(widthOf(traits) / 4), lanes);
};

function loadConstant({ operands: [to, from], traits, lanes }) {
  if (traits.has('64')) return to.setWide(lanes, lane => from.wide(lane));
  const byte = traits.has('U8');
  to.set(lanes, lane => (byte ? from.constants.getUint8(from.at(lane)) : from.word(lane)));
}

/** Lanes that read another's value. */
function shuffle({ operands: [valid, to, from, place], traits, lanes, warp }) {
  const source = lane => {
    if (traits.has('BFLY')) return lane ^ place.int(lane);
    if (traits.has('IDX')) return place.int(lane) % 32;
    throw new Unknown(`shuffle ${[...traits]}`);
  };
  warp.clocks += 1;
  to.set(lanes, lane => from.int(source(lane)));
  valid.set(lanes, () => true);
}

export const MEMORY = {
  LDS: load(shared),
  STS: shared,
  LDGSTS: shared,
  LDG: load(global),
  STG: global,
  LDC: loadConstant,
  SHFL: shuffle,
};
