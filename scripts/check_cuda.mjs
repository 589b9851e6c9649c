#!/usr/bin/env node
// Checks the CUDA machine code in the built addon, without a GPU: that no kernel keeps values in local memory, that every
// architecture of CMakeLists.txt is there, and that rows move 16 bytes at a time, into shared memory asynchronously. Where the
// addon has no CUDA or the tools cannot be had it says so and is content, unless FRAC_CONNECTIONS_REQUIRE_CUDA is 1.
//
//   npm run test:cuda
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { accessCounter, wrongAccesses } from './cuda/accesses.mjs';
import { wantedArchitectures } from './cuda/kernels.mjs';
import { absences, parseResources, spills, summary } from './cuda/resources.mjs';
import { cuobjdump } from './cuda/tools.mjs';
import { ROOT } from './setup/paths.mjs';
import { SetupError, say, seconds } from './setup/terminal.mjs';

const ADDON = join('build', 'Release', 'frac_connections.node');
const addon = join(ROOT, ADDON);
/** Those whose instructions are read: the oldest that copies asynchronously, and the one that is used most. */
const DISASSEMBLED = ['sm_80', 'sm_90'];

/** The tool, or undefined after a line that says why nothing can be checked. */
async function ready() {
  try {
    if (!existsSync(addon)) throw new SetupError(`no ${ADDON}; npm run setup builds it`);
    // The section that device code lies in; its name is this short on Windows.
    if (!readFileSync(addon).includes('.nv_fatb')) throw new SetupError(`${ADDON} was built without CUDA`);
    return await cuobjdump();
  } catch (error) {
    if (!(error instanceof SetupError) || process.env.FRAC_CONNECTIONS_REQUIRE_CUDA === '1') throw error;
    console.log(`skipped: the CUDA machine code (${error.message})`);
    return undefined;
  }
}

async function resources(dump) {
  const lines = [];
  await dump(['--dump-resource-usage', addon], line => lines.push(line));
  const report = parseResources(lines.join('\n'));
  if (report.kernels.length > 0) say('CUDA', summary(report));
  return [...spills(report), ...absences(report, wantedArchitectures(ROOT))];
}

async function accesses(dump, arch) {
  const { counts, take } = accessCounter();
  await dump(['-sass', '-arch', arch, addon], take);
  return wrongAccesses(counts, arch);
}

async function check(dump) {
  const started = performance.now();
  const found = await Promise.all([resources(dump), ...DISASSEMBLED.map(arch => accesses(dump, arch))]);
  const wrong = found.flat();
  for (const line of wrong) console.error(`check_cuda: ${line}`);
  if (wrong.length > 0) throw new SetupError(`${wrong.length} faults in the machine code of ${ADDON}`);
  say('CUDA', `machine code checked, instructions of ${DISASSEMBLED.join(' ')}, in ${seconds(started)}`);
}

try {
  const dump = await ready();
  if (dump) await check(dump);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`check_cuda: ${error.message}`);
  process.exitCode = 1;
}
