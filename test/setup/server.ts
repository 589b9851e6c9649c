import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Behaviour {
  /** The first requests get so many bytes before the connection drops. */
  drops?: number[];
  /** Whether the server knows about ranges. */
  ranges?: boolean;
  /** Answer with this status only. */
  status?: number;
}

/** A server of one file. `asked` are the Range headers it got, '' for none; `users` the Authorization headers. */
export async function serve(file: Buffer, { drops = [], ranges = true, status }: Behaviour) {
  const asked: string[] = [];
  const users: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers.range ?? '');
    users.push(request.headers.authorization);
    if (status) return response.writeHead(status).end();
    const start = ranges ? Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0) : 0;
    if (start >= file.length) return response.writeHead(416).end();
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': file.length - start });
    const bytes = drops[asked.length - 1];
    if (bytes === undefined) return response.end(file.subarray(start));
    return response.write(file.subarray(start, start + bytes), () =>
      setTimeout(() => response.socket?.end(), 50),
    );
  });
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/tensorflow.whl`,
    asked,
    users,
  };
}
