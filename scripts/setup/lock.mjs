// A lock, so that two set-ups take turns.
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM'; // somebody else's process, but a live one
  }
}

/** Takes the lock or answers with the process that holds it. A lock whose process is gone is nobody's. */
function take(lock) {
  const mine = `${lock}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  try {
    linkSync(mine, lock); // a lock file appears with its content, or not at all
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

/** Runs `work` while no other set-up works in `folder`. `onWait(pid)` is called once if it has to wait. */
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
