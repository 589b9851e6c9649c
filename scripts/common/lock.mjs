// A lock that prevents two set-ups from running at the same time.
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
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

/** Takes the lock, or returns the process that holds it. A lock of a process that has ended does not count. */
function take(lock) {
  const mine = `${lock}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  try {
    linkSync(mine, lock); // creates the lock file and its content in one step
    return undefined;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(mine);
  }
  const holder = existsSync(lock) ? Number(readFileSync(lock, 'utf8')) : 0;
  if (holder > 0 && alive(holder)) return holder;
  rmSync(lock, { force: true });
  return take(lock);
}

/** Runs `work` with the lock of `folder`. Calls `onWait(pid)` once if it has to wait for another process. */
export async function withLock(folder, work, onWait) {
  mkdirSync(folder, { recursive: true });
  const lock = join(folder, 'setup.lock');
  let told = false;
  for (let holder = take(lock); holder; holder = take(lock)) {
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
