// A lock that prevents two set-ups from running at the same time.
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM'; // a live process of another user
  }
}

/** The process in a lock file; undefined if the file is gone. */
function holderOf(lock) {
  try {
    return Number(readFileSync(lock, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

const isHeld = holder => holder > 0 && alive(holder);

/** Creates the lock file and its content in one step. Returns whether it did. */
function link(lock) {
  const mine = `${lock}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  try {
    linkSync(mine, lock);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  } finally {
    unlinkSync(mine);
  }
}

/** Milliseconds after which a guard counts as that of a process that ended: it is needed for less than one. */
const GUARD_AGE = 10_000;

/**
 * Removes a lock whose process has ended. Only one process may do so at a time, the one that created the guard file: another
 * would remove the lock that a third has taken since.
 */
function removeEnded(lock) {
  const guard = `${lock}.removing`;
  try {
    writeFileSync(guard, '', { flag: 'wx' });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    const made = statSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - made > GUARD_AGE) rmSync(guard, { force: true });
    return;
  }
  try {
    const holder = holderOf(lock);
    if (holder !== undefined && !isHeld(holder)) rmSync(lock, { force: true });
  } finally {
    rmSync(guard, { force: true });
  }
}

/** Takes the lock, or returns the process that holds it. A lock of a process that has ended does not count. */
async function take(lock) {
  while (!link(lock)) {
    const holder = holderOf(lock);
    if (isHeld(holder)) return holder;
    if (holder !== undefined) removeEnded(lock);
    await sleep(10);
  }
  return undefined;
}

/** Runs `work` with the lock of `folder`. Calls `onWait(pid)` once if it has to wait for another process. */
export async function withLock(folder, work, onWait) {
  mkdirSync(folder, { recursive: true });
  const lock = join(folder, 'setup.lock');
  let told = false;
  for (let holder = await take(lock); holder; holder = await take(lock)) {
    if (!told) onWait(holder);
    told = true;
    await sleep(500);
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}
