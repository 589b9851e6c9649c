// What nvdisasm prints of a cubin: the instructions of each kernel, and where in the constants its argument lies.
const SECTION = /^\s*\.section\s/;
const TEXT = /^\.text\.(\S+):/;
const LABEL = /^(\.L_x_\d+):/;
const INSTRUCTION = /^\s*\/\*[0-9a-f]{4,}\*\/\s+(.*?)\s*;/;
const ARGUMENT =
  /index@\(\.nv\.constant0\.(\w+)\)\s+\/\*\w+\*\/\s+\.short\s+(\w+)\s+\/\*\w+\*\/\s+\.short\s+(\w+)/g;

/** `{ instructions: [text], labels: Map(label -> index of the instruction after it) }` of the lines of one kernel. */
export function parseCode(lines) {
  const code = { instructions: [], labels: new Map() };
  for (const line of lines) {
    const label = LABEL.exec(line)?.[1];
    const instruction = INSTRUCTION.exec(line)?.[1];
    if (label) code.labels.set(label, code.instructions.length);
    else if (instruction) code.instructions.push(instruction);
  }
  return code;
}

/** The kernels by their mangled names: parseCode's, and `argument: { offset, bytes }`. */
export function parseCubin(text) {
  const lines = new Map();
  let name;
  for (const line of text.split('\n')) {
    const found = TEXT.exec(line)?.[1];
    if (found) name = found;
    else if (SECTION.test(line)) name = undefined;
    if (found) lines.set(name, []);
    else if (name) lines.get(name).push(line);
  }
  const kernels = new Map([...lines].map(([each, body]) => [each, parseCode(body)]));
  for (const [, each, offset, bytes] of text.matchAll(ARGUMENT))
    if (kernels.has(each)) kernels.get(each).argument = { offset: Number(offset), bytes: Number(bytes) };
  return kernels;
}
