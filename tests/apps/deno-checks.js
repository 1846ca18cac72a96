/*
 * Checks of Deno for Windows (Rust, tokio, mio: IOCTL_AFD_POLL on the base handle of a socket).
 * `deno run --allow-all --unstable-net deno-checks.js NAME` runs one and says ok or FAIL.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

const V4 = '127.0.0.1';

function need(condition, what) { if (!condition) throw new Error(what); }

async function everything(readable) { return new Uint8Array(await new Response(readable).arrayBuffer()); }

function same(a, b) { return a.length === b.length && a.every((byte, i) => byte === b[i]); }

function pattern(size) { return Uint8Array.from({ length: size }, (_, i) => (i * 7 + (i >> 9)) & 255); }

async function writeAll(connection, data) {
  for (let sent = 0; sent < data.length;) sent += await connection.write(data.subarray(sent));
}

const checks = {
  async tcp() {
    const listener = Deno.listen({ hostname: V4, port: 0 });
    (async () => { for await (const c of listener) c.readable.pipeTo(c.writable).catch(() => {}); })();
    await Promise.all(Array.from({ length: 100 }, async (_, i) => {
      const data = pattern(1000 + i * 3001);
      const connection = await Deno.connect({ hostname: V4, port: listener.addr.port });
      connection.setNoDelay(true);
      connection.setKeepAlive(true);
      const back = everything(connection.readable);
      await writeAll(connection, data);
      await connection.closeWrite();
      need(same(await back, data), `connection ${i}`);
    }));
    let refused;
    const spare = Deno.listen({ hostname: V4, port: 0 });
    spare.close();
    try { await Deno.connect({ hostname: V4, port: spare.addr.port }); } catch (error) { refused = error; }
    need(refused instanceof Deno.errors.ConnectionRefused, `refused: ${refused}`);
  },

  async udp() {
    const a = Deno.listenDatagram({ hostname: V4, port: 0, transport: 'udp' });
    const b = Deno.listenDatagram({ hostname: V4, port: 0, transport: 'udp' });
    for (const size of [1, 500, 1472, 9000, 30000]) {
      const data = pattern(size);
      for (const [from, to] of [[a, b], [b, a]]) {
        await from.send(data, to.addr);
        const [got, address] = await to.receive(new Uint8Array(65536));
        need(same(got, data), `${size} bytes`);
        need(address.port === from.addr.port, 'sender');
      }
    }
  },

  async http() {
    const server = Deno.serve({ hostname: V4, port: 0, onListen() {} }, async (req) => new Response(await req.text()));
    await Promise.all(Array.from({ length: 100 }, async (_, i) => {
      const text = `${i} `.repeat(i * 50);
      const answer = await fetch(`http://${V4}:${server.addr.port}/`, { method: 'POST', body: text });
      need(await answer.text() === text, `request ${i}`);
    }));
    await server.shutdown();
  },

  async fetch() {
    const server = Deno.serve({ hostname: V4, port: 0, onListen() {} }, () => new Promise(() => {}));
    let error;
    try { await fetch(`http://${V4}:${server.addr.port}/`, { signal: AbortSignal.timeout(300) }); }
    catch (e) { error = e; }
    need(error && error.name === 'TimeoutError', `${error}`);
  },

  async localhost() {
    const server = Deno.serve({ hostname: V4, port: 0, onListen() {} }, () => new Response('here'));
    need(await (await fetch(`http://localhost:${server.addr.port}/`)).text() === 'here', 'answer');
  },
};

setTimeout(() => { console.log(`FAIL ${Deno.args[0]}: nothing happened for 30 s`); Deno.exit(1); }, 30000);
try {
  await checks[Deno.args[0]]();
  console.log(`ok ${Deno.args[0]}`);
  Deno.exit(0);
} catch (error) {
  console.log(`FAIL ${Deno.args[0]}: ${error} ${error.cause || ''}`);
  Deno.exit(1);
}
