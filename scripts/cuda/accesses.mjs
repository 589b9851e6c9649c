// Counts the memory accesses in the output of `cuobjdump -sass`, and checks that accesses to rows are 16 bytes wide and
// asynchronous into shared memory.
import { accessesOf, kernelOf, OPS, shortName } from './kernels.mjs';

const TYPES = ['float', 'bfloat16', 'float16'];
/** N and M of kernel variants that must exist. All other common variants are checked too. */
const KINDS = [
  [4, 4],
  [2, 2],
  [8, 1],
];
const INSTRUCTION = /^\s*\/\*[0-9a-f]{4,}\*\/\s+(?:@!?U?P\w+\s+)?(LDGSTS|STG|LDL|STL)((?:\.\w+)*)\s/;

/**
 * Processes the output line by line. `counts` is `{ [mangled name]: { copies, stores, local } }`: 128-bit accesses, and
 * spills.
 */
export function accessCounter() {
  const counts = {};
  let now;
  const take = line => {
    const name = /^\s*Function : (\w+)/.exec(line)?.[1];
    if (name) {
      now = { copies: 0, stores: 0, local: 0 };
      counts[name] = now;
    }
    const [, code, traits] = (now && INSTRUCTION.exec(line)) ?? [];
    if (code === 'LDL' || code === 'STL') now.local++;
    else if (code && traits.endsWith('.128')) now[code === 'STG' ? 'stores' : 'copies']++;
  };
  return { counts, take };
}

/** A line for each error in the accesses of a kernel. */
function wrongIn(name, { copies, stores, local }) {
  const lines = [];
  if (local > 0) lines.push(`${local} accesses to local memory (LDL, STL)`);
  const wanted = accessesOf(kernelOf(name));
  if (!wanted) return lines; // the general variant moves one value at a time
  if (copies < wanted.read)
    lines.push(`${copies} 128-bit asynchronous copies (LDGSTS.128), expected ${wanted.read} or more`);
  if (stores < wanted.written)
    lines.push(`${stores} 128-bit stores (STG.128), expected ${wanted.written} or more`);
  return lines;
}

/** A line for each error in the kernels of one architecture, and for each missing kernel. */
export function wrongAccesses(counts, arch) {
  const found = new Set(Object.keys(counts).map(shortName));
  const wanted = OPS.flatMap(op =>
    TYPES.flatMap(type => KINDS.map(([n, m]) => `${op} ${type} N=${n} M=${m}`)),
  );
  return [
    ...wanted.filter(name => !found.has(name)).map(name => `${name} ${arch}: not there`),
    ...Object.entries(counts).flatMap(([name, count]) =>
      wrongIn(name, count).map(what => `${shortName(name)} ${arch}: ${what}`),
    ),
  ];
}
