// The pipe through which a multiprocessor reaches shared memory: 128 bytes a clock, from 32 banks of 4 bytes. Shuffles and global
// memory's loads and stores pass it too.
const BANKS = 32;
const CLOCK = 128;

/** Bytes of one lane's access, by an instruction's traits. */
export function widthOf(traits) {
  if (traits.has('128')) return 16;
  if (traits.has('64')) return 8;
  if (traits.has('U16') || traits.has('S16')) return 2;
  return traits.has('U8') || traits.has('S8') ? 1 : 4;
}

/** How often the bank that is asked most has to answer: once for each word of it, however many lanes want that word. */
function turns(addresses, bytes) {
  const words = new Set();
  for (const address of addresses)
    for (let word = 0; word < Math.max(1, bytes / 4); ++word) words.add(Math.floor(address / 4) + word);
  const asked = new Array(BANKS).fill(0);
  for (const word of words) asked[word % BANKS]++;
  return Math.max(...asked);
}

/** Clocks of an access to shared memory: at 8 or 16 bytes a lane, halves or quarters of a warp go one after the other. */
export function sharedClocks(lanes, addresses, bytes) {
  if (new Set(addresses).size === 1) return 1;
  const group = Math.min(32, CLOCK / bytes);
  const groups = new Map();
  for (const [i, lane] of lanes.entries()) {
    const key = Math.floor(lane / group);
    groups.set(key, [...(groups.get(key) ?? []), addresses[i]]);
  }
  return [...groups.values()].reduce((sum, each) => sum + turns(each, bytes), 0);
}

/** Clocks of an access to global memory. */
export const globalClocks = (lanes, bytes) => (lanes.length * bytes) / CLOCK;
