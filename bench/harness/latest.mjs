import { keyOf } from './rows.mjs';

/** The last row that is not noisy, for each key and machine. The rows must be in the order of their dates. */
export function latest(rows) {
  const found = new Map();
  for (const row of rows) {
    const key = `${JSON.stringify(row.machine)} ${keyOf(row)}`;
    if (row.noisy) continue;
    found.delete(key); // moves the key to the end, to the other rows of its run
    found.set(key, row);
  }
  return [...found.values()];
}

/** Groups rows by key, in the order of first occurrence: [[key, rows], ...]. */
export function groups(rows, keyOf) {
  const found = new Map();
  for (const row of rows) {
    const key = keyOf(row);
    if (!found.has(key)) found.set(key, []);
    found.get(key).push(row);
  }
  return [...found];
}

const where = ({ machine, date, commit, versions }) => {
  const others = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const { cpu, cores, memoryGB, system } = machine;
  return {
    machine: `${cpu}, ${cores} cores, ${memoryGB} GB, ${system}`,
    run: `${date}, commit ${commit}`,
    versions: others,
  };
};

/** One line per machine and run: where and when the rows were measured. */
export const origins = rows =>
  groups(rows, row => `${where(row).machine}; ${where(row).run}`).map(([line, group]) => {
    const versions = new Set(group.flatMap(row => where(row).versions));
    return `${line}; ${[...versions].join(', ')}`;
  });
