// Downloads a file over HTTP, and resumes an interrupted download.
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { COMMAND, explain, progress, SetupError, say } from '../common/terminal.mjs';

const TRIES = 5;
// FRAC_CONNECTIONS_RETRY_SECONDS is the first wait, which doubles each time. Tests make it short.
const WAIT_MS = 1000 * Number(process.env.FRAC_CONNECTIONS_RETRY_SECONDS ?? 1);
const STALL_MS = 30_000;

const sizeOf = file => (existsSync(file) ? statSync(file).size : 0);

/** Splits an address into one without user and password, for fetch and messages, and the header with these. */
function split(address) {
  const url = new URL(address);
  const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = '';
  url.password = '';
  const authorization =
    user === ':' ? {} : { authorization: `Basic ${Buffer.from(user).toString('base64')}` };
  return { plain: url.href, authorization };
}

/** An error that a retry does not change. Another client, pip, may still succeed. */
function refusal(message) {
  return Object.assign(new SetupError(message, { slow: true }), { refused: true });
}

/** Downloads the missing rest of the file and appends it to `part`. */
async function fetchRest({ plain, authorization }, part, size) {
  const have = sizeOf(part);
  const stall = new AbortController();
  let timer = setTimeout(() => stall.abort(), STALL_MS);
  try {
    const headers = { ...authorization, ...(have > 0 && { range: `bytes=${have}-` }) };
    const response = await fetch(plain, { headers, signal: stall.signal });
    if (response.status === 416) return; // nothing is missing, or `part` belongs to another file; the hash check decides
    if (!response.ok) throw refusal(`${plain} answers ${response.status} ${response.statusText}`);
    const resumed = response.status === 206;
    if (resumed) say('TensorFlow', `resuming the download after ${(have / 1e6).toFixed(0)} MB`);
    let done = resumed ? have : 0;
    const total = done + Number(response.headers.get('content-length') ?? size - done);
    const draw = progress('TensorFlow', total);
    const watch = async function* (chunks) {
      for await (const chunk of chunks) {
        clearTimeout(timer);
        timer = setTimeout(() => stall.abort(), STALL_MS);
        done += chunk.length;
        draw(done);
        yield chunk;
      }
    };
    await pipeline(response.body, watch, createWriteStream(part, { flags: resumed ? 'a' : 'w' }));
    if (done < total) throw new Error(`the connection ended after ${done} of ${total} bytes`);
    draw(done, true);
  } finally {
    clearTimeout(timer);
  }
}

export async function hashOf(file) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

const FATAL = ['ENOSPC', 'EDQUOT', 'EACCES', 'EROFS'];

/** Downloads the rest. Tries again until `TRIES` attempts in a row have received nothing. */
async function fetchAll(source, part, size) {
  for (let barren = 0; ; ) {
    const before = sizeOf(part);
    try {
      return await fetchRest(source, part, size);
    } catch (error) {
      if (error instanceof SetupError) throw error;
      if (FATAL.includes(error.code)) {
        rmSync(part, { force: true }); // free the disk space
        throw new SetupError(explain(error));
      }
      barren = sizeOf(part) > before ? 0 : barren + 1;
      if (barren === TRIES) {
        const reason = error.name === 'AbortError' ? 'no data for 30 s' : explain(error.cause ?? error);
        if (sizeOf(part) === 0) throw refusal(`${source.plain}: ${reason}`);
        const kept = `${(sizeOf(part) / 1e6).toFixed(0)} MB are kept, and ${COMMAND} resumes the download`;
        throw new SetupError(`${source.plain}: ${reason}; ${kept}`, { slow: true });
      }
      await sleep(WAIT_MS * 2 ** barren);
    }
  }
}

/**
 * Downloads `address` to `file`. The data is first written to `file.part`, which stays after an interruption, so that
 * the next call resumes it. A file with a wrong hash is removed; if an earlier run had started it, it is downloaded
 * once more.
 */
export async function download(address, file, { size, sha256 }) {
  const source = split(address);
  const part = `${file}.part`;
  const begun = sizeOf(part) > 0;
  say('TensorFlow', `downloading ${source.plain}`);
  await fetchAll(source, part, size);
  let found = await hashOf(part);
  if (found !== sha256 && begun) {
    rmSync(part);
    await fetchAll(source, part, size);
    found = await hashOf(part);
  }
  if (found !== sha256) {
    rmSync(part);
    throw refusal(`${source.plain} has sha256 ${found}, expected ${sha256}: a broken or altered file`);
  }
  renameSync(part, file);
}
