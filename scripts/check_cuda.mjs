#!/usr/bin/env node
// Checks the CUDA machine code in the built addon, without a GPU. No kernel may use local memory, there must be code
// for every architecture of CMakeLists.txt, and accesses to rows must be 16 bytes wide and asynchronous into shared
// memory. If the addon has no CUDA or the tools are not available, it prints the reason and exits with 0; with
// FRAC_CONNECTIONS_REQUIRE_CUDA=1 it fails.
//
//   npm run test:cuda
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './common/paths.mjs';
import { SetupError, say, seconds } from './common/terminal.mjs';
import { accessCounter, wrongAccesses } from './cuda/accesses.mjs';
import { wantedArchitectures } from './cuda/kernels.mjs';
import { absences, parseResources, spills, summary } from './cuda/resources.mjs';
import { cuobjdump } from './cuda/tools.mjs';

const ADDON = join('build', 'Release', 'frac_connections.node');
const addon = join(ROOT, ADDON);
/**
 * The architectures whose instructions are checked: the oldest one with asynchronous copies, and the most common one.
 */
const DISASSEMBLED = ['sm_80', 'sm_90'];

/** The disassembler; undefined if nothing can be checked, after it has printed the reason. */
async function ready() {
  try {
    if (!existsSync(addon)) throw new SetupError(`no ${ADDON}; npm run setup builds it`);
    // The section of device code. On Windows its name is cut to this length.
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
  if (wrong.length > 0) throw new SetupError(`${wrong.length} errors in the machine code of ${ADDON}`);
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
