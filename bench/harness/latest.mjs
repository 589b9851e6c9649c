import { keyOf } from './rows.mjs';

/** Of rows in the order of their dates the last quiet one of each thing on each machine. */
export function latest(rows) {
  const found = new Map();
  for (const row of rows) {
    const key = `${JSON.stringify(row.machine)} ${keyOf(row)}`;
    if (row.noisy) continue;
    found.delete(key); // so that it goes to the end, with its run
    found.set(key, row);
  }
  return [...found.values()];
}

/** Groups in the order in which they first come: [[key, rows], ...]. */
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

/** What the rows were measured on, a line a machine and run. */
export const origins = rows =>
  groups(rows, row => `${where(row).machine}; ${where(row).run}`).map(([line, group]) => {
    const versions = new Set(group.flatMap(row => where(row).versions));
    return `${line}; ${[...versions].join(', ')}`;
  });
