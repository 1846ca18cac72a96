/*
 * Checks of Node.js for Windows (libuv: completion ports, AcceptEx, ConnectEx, zero-length receives,
 * WSADuplicateSocket between processes) on whatever ws2_32 it was started with. Loopback only.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
'use strict';

const assert = require('node:assert');
const child_process = require('node:child_process');
const cluster = require('node:cluster');
const crypto = require('node:crypto');
const dgram = require('node:dgram');
const dns = require('node:dns');
const fs = require('node:fs');
const http = require('node:http');
const http2 = require('node:http2');
const https = require('node:https');
const net = require('node:net');
const tls = require('node:tls');
const { once } = require('node:events');
const { Worker, isMainThread, workerData } = require('node:worker_threads');
const { check, step, main } = require('./harness.js');

const V4 = '127.0.0.1';
const V6 = '::1';
const digest = (data) => crypto.createHash('sha256').update(data).digest('hex');
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function listening(server, host = V4, port = 0) {
  server.listen(port, host);
  await once(server, 'listening');
  return server.address().port;
}

async function connected(options) {
  const socket = net.connect(options);
  await once(socket, 'connect');
  return socket;
}

/* everything up to the end; unlike an asynchronous loop it leaves the other direction open */
function contents(stream) {
  return new Promise((done, fail) => {
    const parts = [];
    stream.on('data', (part) => parts.push(part));
    stream.once('end', () => done(Buffer.concat(parts)));
    stream.once('error', fail);
    stream.once('close', () => fail(new Error(`closed without an end after ${parts.length} parts`)));
  });
}

async function pair(options = {}) {
  const server = net.createServer(options);
  const port = await listening(server, options.host || V4);
  const accepted = once(server, 'connection');
  const client = await connected({ port, host: options.host || V4, allowHalfOpen: options.allowHalfOpen });
  const [peer] = await accepted;
  return { server, port, client, peer };
}

async function bound(type, address) {
  const socket = dgram.createSocket(type);
  socket.bind(0, address);
  await once(socket, 'listening');
  return socket;
}

async function failure(emitter) {
  return new Promise((done, fail) => {
    emitter.once('error', done);
    emitter.once('connect', () => fail(new Error('connected')));
  });
}

function request(options, body) {
  return new Promise((done, fail) => {
    const req = http.request({ host: V4, ...options }, async (res) => {
      try { done({ status: res.statusCode, headers: res.headers, body: await contents(res) }); }
      catch (error) { fail(error); }
    });
    req.on('error', fail);
    req.end(body);
  });
}

function certificate() {
  const dir = process.env.WS2_APPS_CERT;
  return { key: fs.readFileSync(`${dir}/key.pem`), cert: fs.readFileSync(`${dir}/cert.pem`) };
}

/* ---- HTTP ---- */

check('http keep-alive', async () => {
  const sockets = new Set();
  const server = http.createServer(async (req, res) => {
    sockets.add(req.socket);
    res.end(digest(await contents(req)));
  });
  const port = await listening(server);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

  for (let i = 0; i < 30; i++) {
    step(`request ${i}`);
    const body = crypto.randomBytes(i * 997);
    const answer = await request({ port, agent, method: 'POST' }, body);
    assert.equal(answer.status, 200);
    assert.equal(answer.body.toString(), digest(body));
  }
  assert.equal(sockets.size, 1);
  agent.destroy();
  server.close();
  await once(server, 'close');
});

check('http 100 parallel requests', async () => {
  const server = http.createServer(async (req, res) => res.end(digest(await contents(req))));
  const port = await listening(server);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 10 });

  await Promise.all(Array.from({ length: 100 }, async (_, i) => {
    const body = crypto.randomBytes(1000 + i * 131);
    const answer = await request({ port, agent, method: 'POST' }, body);
    assert.equal(answer.body.toString(), digest(body));
  }));
  agent.destroy();
});

check('http without keep-alive', async () => {
  const server = http.createServer((req, res) => res.end(req.url));
  const port = await listening(server);

  for (let i = 0; i < 50; i++) {
    step(`request ${i}`);
    const answer = await request({ port, path: `/${i}`, agent: false });
    assert.equal(answer.body.toString(), `/${i}`);
  }
});

check('http chunked download of 30 MB', async () => {
  const block = crypto.randomBytes(256 * 1024);
  const server = http.createServer(async (req, res) => {
    for (let i = 0; i < 120; i++)
      if (!res.write(block)) await once(res, 'drain');
    res.end();
  });
  const port = await listening(server);
  const answer = await request({ port });

  assert.equal(answer.headers['transfer-encoding'], 'chunked');
  assert.equal(answer.body.length, 120 * block.length);
  assert.equal(digest(answer.body.subarray(-block.length)), digest(block));
}, 60);

check('http expect 100-continue', async () => {
  const server = http.createServer();
  server.on('checkContinue', async (req, res) => {
    res.writeContinue();
    res.end(digest(await contents(req)));
  });
  const port = await listening(server);
  const req = http.request({ host: V4, port, method: 'PUT', headers: { expect: '100-continue' } });
  req.flushHeaders();
  step('continue');
  await once(req, 'continue');
  req.end('the body');
  const [res] = await once(req, 'response');
  assert.equal((await contents(res)).toString(), digest('the body'));
});

check('http pipelined requests', async () => {
  const server = http.createServer((req, res) => res.end(`<${req.url}>`));
  const port = await listening(server);
  const socket = await connected({ port, host: V4 });

  socket.write(Array.from({ length: 20 }, (_, i) => `GET /${i} HTTP/1.1\r\nHost: x\r\n\r\n`).join(''));
  socket.write('GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  const text = (await contents(socket)).toString();
  const urls = [...text.matchAll(/<(.*?)>/g)].map((match) => match[1]);
  assert.deepEqual(urls, [...Array.from({ length: 20 }, (_, i) => `/${i}`), '/last']);
});

check('fetch', async () => {
  const server = http.createServer(async (req, res) => {
    res.setHeader('content-type', 'application/json');
    res.end(JSON.stringify({ method: req.method, body: (await contents(req)).toString() }));
  });
  const port = await listening(server);

  for (let i = 0; i < 10; i++) {
    step(`fetch ${i}`);
    const answer = await fetch(`http://${V4}:${port}/`, { method: 'POST', body: `body ${i}` });
    assert.deepEqual(await answer.json(), { method: 'POST', body: `body ${i}` });
  }
});

check('fetch of localhost', async () => {
  /* the server answers on IPv4 only: the client has to try the addresses of the name in turn */
  const server = http.createServer((req, res) => res.end('here'));
  const port = await listening(server);
  const answer = await fetch(`http://localhost:${port}/`);
  assert.equal(await answer.text(), 'here');
});

check('abort by time-out', async () => {
  const server = http.createServer(() => {});
  const port = await listening(server);
  const gone = once(server, 'connection').then(([socket]) => once(socket, 'close'));
  const started = Date.now();

  await assert.rejects(fetch(`http://${V4}:${port}/`, { signal: AbortSignal.timeout(300) }),
                       { name: 'TimeoutError' });
  assert.ok(Date.now() - started >= 280);
  step('the server sees the end');
  await gone;
});

check('abort by controller', async () => {
  const server = net.createServer();
  const port = await listening(server);
  const accepted = once(server, 'connection');
  const controller = new AbortController();
  const socket = net.connect({ port, host: V4, signal: controller.signal });
  await once(socket, 'connect');
  const [peer] = await accepted;
  peer.on('error', () => {});
  controller.abort();
  const [error] = await once(socket, 'error');
  assert.equal(error.name, 'AbortError');
  step('the peer sees the end');
  await once(peer.resume(), 'close');
});

check('http server close with open connections', async () => {
  const server = http.createServer((req, res) => {
    res.write('first ');
    setTimeout(() => res.end('second'), 300);
  });
  const port = await listening(server);
  const agent = new http.Agent({ keepAlive: true });
  await request({ port, agent });
  const idle = await connected({ port, host: V4 });
  const running = request({ port });
  await pause(100);
  server.close();
  step('the running request');
  assert.equal((await running).body.toString(), 'first second');
  server.closeAllConnections();
  step('the idle connection');
  await once(idle.resume(), 'close');
  step('the server');
  if (server.listening) await once(server, 'close');
  const error = await failure(net.connect({ port, host: V4 }));
  assert.equal(error.code, 'ECONNREFUSED');
});

check('http upgrade, WebSocket', async () => {
  const server = http.createServer();
  server.on('upgrade', (req, socket) => {
    const accept = crypto.createHash('sha1')
      .update(req.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
                 `Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
    socket.on('data', (frame) => {
      const size = frame[1] & 127;
      const text = Buffer.from(frame.subarray(6, 6 + size).map((byte, i) => byte ^ frame[2 + i % 4]));
      if ((frame[0] & 15) === 1) socket.write(Buffer.concat([Buffer.from([0x81, size]), text]));
      else socket.end();
    });
  });
  const port = await listening(server);
  const ws = new WebSocket(`ws://${V4}:${port}/`);
  await new Promise((done, fail) => {
    ws.onopen = done;
    ws.onerror = (event) => fail(event.error || new Error('no connection'));
  });
  for (let i = 0; i < 20; i++) {
    step(`message ${i}`);
    ws.send(`message ${i}`);
    const [event] = await once(ws, 'message');
    assert.equal(event.data, `message ${i}`);
  }
  ws.close();
});

/* ---- TCP ---- */

check('tcp echo, 200 connections', async () => {
  const server = net.createServer((socket) => socket.pipe(socket));
  const port = await listening(server);

  await Promise.all(Array.from({ length: 200 }, async (_, i) => {
    const data = crypto.randomBytes(100 + i * 500);
    const socket = await connected({ port, host: V4 });
    socket.end(data);
    assert.equal(digest(await contents(socket)), digest(data));
  }));
});

check('tcp echo, 200 connections held open', async () => {
  const server = net.createServer((socket) => socket.pipe(socket));
  const port = await listening(server);
  const sockets = await Promise.all(Array.from({ length: 200 }, () => connected({ port, host: V4 })));

  for (let round = 0; round < 5; round++) {
    step(`round ${round}`);
    await Promise.all(sockets.map(async (socket, i) => {
      const answer = once(socket, 'data');
      socket.write(`${round} ${i}`);
      assert.equal((await answer)[0].toString(), `${round} ${i}`);
    }));
  }
  for (const socket of sockets) socket.destroy();
});

check('tcp 20 MB to a slow reader', async () => {
  const data = crypto.randomBytes(20 * 1024 * 1024);
  const { client, peer } = await pair();
  const hash = crypto.createHash('sha256');
  let total = 0;

  client.end(data);
  for await (const part of peer) {
    hash.update(part);
    total += part.length;
    if (total < 2 * 1024 * 1024) await pause(10);
  }
  assert.equal(total, data.length);
  assert.equal(hash.digest('hex'), digest(data));
}, 60);

check('tcp 20 MB both ways at once', async () => {
  const there = crypto.randomBytes(20 * 1024 * 1024);
  const back = crypto.randomBytes(20 * 1024 * 1024);
  const { client, peer } = await pair({ allowHalfOpen: true });

  client.end(there);
  peer.end(back);
  const [a, b] = await Promise.all([contents(client), contents(peer)]);
  assert.equal(digest(a), digest(back));
  assert.equal(digest(b), digest(there));
}, 60);

check('tcp half-close', async () => {
  const { client, peer } = await pair({ allowHalfOpen: true });

  client.end('question');
  step('the question');
  assert.equal((await contents(peer)).toString(), 'question');
  await pause(200);
  peer.write('late ');
  await pause(100);
  peer.end('answer');
  step('the answer');
  assert.equal((await contents(client)).toString(), 'late answer');
});

check('tcp many small writes in order', async () => {
  const { client, peer } = await pair();
  let expected = '';

  client.setNoDelay(true);
  for (let i = 0; i < 5000; i++) {
    expected += `${i},`;
    client.write(`${i},`);
    if (i % 1000 === 0) await pause(5);
  }
  client.end();
  assert.equal((await contents(peer)).toString(), expected);
});

check('tcp pause and resume', async () => {
  const { client, peer } = await pair();
  const data = crypto.randomBytes(1024 * 1024);
  const parts = [];

  peer.on('data', (part) => {
    parts.push(part);
    peer.pause();
    setTimeout(() => peer.resume(), 5);
  });
  client.end(data);
  await once(peer, 'end');
  assert.equal(digest(Buffer.concat(parts)), digest(data));
});

check('tcp keep-alive and no-delay', async () => {
  const { client, peer, port } = await pair();

  for (const socket of [client, peer]) {
    socket.setKeepAlive(true, 5000);
    socket.setNoDelay(true);
    socket.setNoDelay(false);
    socket.setKeepAlive(false);
    socket.setKeepAlive(true, 1000);
  }
  assert.equal(client.remoteAddress, V4);
  assert.equal(client.remotePort, port);
  assert.equal(client.localPort, peer.remotePort);
  assert.equal(peer.localPort, port);
  assert.equal(client.address().family, 'IPv4');
  client.end('x');
  assert.equal((await contents(peer)).toString(), 'x');

  const eager = await connected({ port, host: V4, keepAlive: true, keepAliveInitialDelay: 2000, noDelay: true });
  eager.destroy();
});

check('tcp over IPv6', async () => {
  const { client, peer, port } = await pair({ host: V6 });

  assert.equal(client.remoteAddress, V6);
  assert.equal(client.remoteFamily, 'IPv6');
  assert.equal(peer.localPort, port);
  client.end('six');
  assert.equal((await contents(peer)).toString(), 'six');
});

check('tcp dual-stack listener', async () => {
  const server = net.createServer((socket) => socket.end(socket.remoteAddress));
  const port = await listening(server, '::');
  const answer = async (host) => (await contents(await connected({ port, host }))).toString();

  assert.equal(await answer(V6), V6);
  assert.equal(await answer(V4), `::ffff:${V4}`);
});

check('tcp IPv6-only listener', async () => {
  const server = net.createServer((socket) => socket.end());
  server.listen({ port: 0, host: '::', ipv6Only: true });
  await once(server, 'listening');
  const { port } = server.address();
  await contents(await connected({ port, host: V6 }));
  const error = await failure(net.connect({ port, host: V4 }));
  assert.equal(error.code, 'ECONNREFUSED');
});

check('tcp connect refused', async () => {
  const server = net.createServer();
  const port = await listening(server);
  server.close();
  await once(server, 'close');
  for (const host of [V4, V4, V4]) {
    const error = await failure(net.connect({ port, host }));
    assert.equal(error.code, 'ECONNREFUSED');
  }
});

check('tcp address in use', async () => {
  const server = net.createServer();
  const port = await listening(server);
  const other = net.createServer();
  other.listen(port, V4);
  assert.equal((await failure(other)).code, 'EADDRINUSE');
  server.close();
  await once(server, 'close');
  step('the address is free again');
  await listening(other, V4, port);
});

check('tcp address not available', async () => {
  const server = net.createServer();
  server.listen(0, '192.0.2.1');
  assert.equal((await failure(server)).code, 'EADDRNOTAVAIL');
});

check('tcp reset', async () => {
  const { client, peer } = await pair();
  const error = failure(peer);
  peer.resume();
  client.resetAndDestroy();
  assert.equal((await error).code, 'ECONNRESET');
});

check('tcp write after the peer has gone', async () => {
  const { client, peer } = await pair({ allowHalfOpen: true });
  const error = new Promise((done) => client.once('error', done));
  let writes = 0;

  client.resume();
  peer.destroy();
  /* the first write is answered with a reset, a later one reports it */
  const timer = setInterval(() => { step(`write ${writes++}`); client.write('x'); }, 20);
  const { code } = await error;
  clearInterval(timer);
  assert.match(code, /^(ECONNRESET|EPIPE|ECONNABORTED)$/);
  assert.ok(writes < 20);
});

check('tcp idle time-out', async () => {
  const { client, peer } = await pair();
  const started = Date.now();
  client.setTimeout(300);
  await once(client, 'timeout');
  assert.ok(Date.now() - started >= 280);
  client.destroy();
  await once(peer.resume(), 'close');
});

check('tcp destroy with writes pending', async () => {
  const { client, peer, server } = await pair();
  client.on('error', () => {});
  peer.on('error', () => {});
  peer.pause();
  client.write(Buffer.alloc(30 * 1024 * 1024));
  await pause(100);
  client.destroy();
  await once(client, 'close');
  step('the peer');
  peer.resume();
  await once(peer, 'close');
  server.close();
  await once(server, 'close');
});

check('tcp server close with open connections', async () => {
  const { client, peer, server, port } = await pair();
  let closed = false;
  server.close(() => { closed = true; });
  step('a new connection is refused');
  assert.equal((await failure(net.connect({ port, host: V4 }))).code, 'ECONNREFUSED');
  assert.ok(!closed);
  client.write('still there');
  assert.equal((await once(peer, 'data'))[0].toString(), 'still there');
  client.end();
  peer.resume();
  step('the close event');
  await once(server, 'close');
});

check('tcp 1000 connections in turn', async () => {
  const server = net.createServer((socket) => socket.end('x'));
  const port = await listening(server);
  for (let i = 0; i < 1000; i++) {
    step(`connection ${i}`);
    assert.equal((await contents(net.connect({ port, host: V4 }))).toString(), 'x');
  }
}, 60);

check('tcp local address and port of a client', async () => {
  const server = net.createServer((socket) => socket.end(`${socket.remoteAddress} ${socket.remotePort}`));
  const port = await listening(server);
  const spare = net.createServer();
  const localPort = await listening(spare);
  spare.close();
  await once(spare, 'close');
  const socket = net.connect({ port, host: V4, localAddress: V4, localPort });
  assert.equal((await contents(socket)).toString(), `${V4} ${localPort}`);
});

check('tcp a child started midway holds nothing open', async () => {
  const { client, peer } = await pair();
  const child = child_process.spawn(process.execPath, ['-e', 'setTimeout(() => {}, 20000)'], { stdio: 'ignore' });
  await once(child, 'spawn');
  await pause(200);
  const started = Date.now();
  peer.resume();
  client.destroy();
  await once(peer, 'end');
  const took = Date.now() - started;
  child.kill();
  assert.ok(took < 1000, `the end came after ${took} ms`);
});

check('worker threads', async () => {
  const server = net.createServer((socket) => socket.pipe(socket));
  const port = await listening(server);
  const results = await Promise.all(Array.from({ length: 4 }, async (_, i) => {
    const worker = new Worker(__filename, { argv: ['--worker'], workerData: { port, i } });
    return (await once(worker, 'message'))[0];
  }));
  assert.deepEqual(results, [0, 1, 2, 3].map((i) => `done ${i}`));
});

async function workerMain() {
  const { parentPort } = require('node:worker_threads');
  const data = crypto.randomBytes(1024 * 1024);
  for (let i = 0; i < 5; i++) {
    const socket = await connected({ port: workerData.port, host: V4 });
    socket.end(data);
    assert.equal(digest(await contents(socket)), digest(data));
  }
  parentPort.postMessage(`done ${workerData.i}`);
}

/* ---- UDP ---- */

async function datagrams(type, address) {
  const a = await bound(type, address);
  const b = await bound(type, address);

  for (const size of [1, 0, 17, 512, 1472, 1473, 9000, 32768, 65507 - (type === 'udp6' ? 20 : 0)]) {
    const data = crypto.randomBytes(size);
    for (const [from, to] of [[a, b], [b, a]]) {
      step(`${size} bytes`);
      const got = once(to, 'message');
      from.send(data, to.address().port, address);
      const [message, info] = await got;
      assert.equal(info.size, size);
      assert.equal(info.port, from.address().port);
      assert.equal(info.address, address);
      assert.equal(digest(message), digest(data));
    }
  }
  a.close();
  b.close();
}

check('udp sizes, both ways', () => datagrams('udp4', V4));
check('udp over IPv6', () => datagrams('udp6', V6));

check('udp first send of an unbound socket', async () => {
  const server = await bound('udp4', V4);
  const client = dgram.createSocket('udp4');
  const got = once(server, 'message');
  client.send('hello', server.address().port, V4);
  const [message, info] = await got;
  assert.equal(message.toString(), 'hello');
  assert.equal(client.address().port, info.port);
  const answer = once(client, 'message');
  server.send('back', info.port, info.address);
  assert.equal((await answer)[0].toString(), 'back');
});

check('udp connected', async () => {
  const server = await bound('udp4', V4);
  const client = dgram.createSocket('udp4');
  client.connect(server.address().port, V4);
  await once(client, 'connect');
  assert.equal(client.remoteAddress().port, server.address().port);
  for (let i = 0; i < 20; i++) {
    step(`datagram ${i}`);
    const got = once(server, 'message');
    client.send(`${i}`);
    const [message, info] = await got;
    assert.equal(message.toString(), `${i}`);
    const answer = once(client, 'message');
    server.send(message, info.port, info.address);
    assert.equal((await answer)[0].toString(), `${i}`);
  }
  client.disconnect();
  assert.throws(() => client.remoteAddress());
});

check('udp after an unreachable port', async () => {
  const spare = await bound('udp4', V4);
  const { port } = spare.address();
  spare.close();
  await once(spare, 'close');
  const a = await bound('udp4', V4);
  const b = await bound('udp4', V4);
  const errors = [];
  a.on('error', (error) => errors.push(error.code));

  for (let i = 0; i < 5; i++) {
    step(`round ${i}`);
    a.send('into the void', port, V4);
    await pause(20);
    const got = once(a, 'message');
    b.send(`${i}`, a.address().port, V4);
    assert.equal((await got)[0].toString(), `${i}`);
  }
  assert.ok(errors.every((code) => code === 'ECONNRESET'), errors.join());
});

check('udp 2000 datagrams', async () => {
  const a = await bound('udp4', V4);
  const b = await bound('udp4', V4);
  b.on('message', (message, info) => b.send(message, info.port, info.address));
  for (let i = 0; i < 2000; i += 20) {
    step(`datagram ${i}`);
    const seen = new Set();
    const all = new Promise((done) => a.on('message', function got(message) {
      seen.add(message.toString());
      if (seen.size === 20) { a.off('message', got); done(); }
    }));
    for (let j = i; j < i + 20; j++) a.send(`${j}`, b.address().port, V4);
    await all;
  }
}, 60);

check('udp options', async () => {
  const socket = await bound('udp4', V4);
  socket.setBroadcast(true);
  socket.setTTL(5);
  socket.setMulticastTTL(3);
  socket.setMulticastLoopback(false);
  socket.setMulticastLoopback(true);
  socket.setMulticastInterface(V4);
  socket.setRecvBufferSize(70000);
  socket.setSendBufferSize(50000);
  assert.equal(socket.getRecvBufferSize(), 70000);
  assert.equal(socket.getSendBufferSize(), 50000);
  socket.addMembership('239.255.18.1', V4);
  socket.dropMembership('239.255.18.1', V4);
  const six = await bound('udp6', V6);
  six.setTTL(5);
  six.setMulticastTTL(3);
});

check('udp multicast on loopback', async () => {
  const receiver = dgram.createSocket({ type: 'udp4', reuseAddr: true });
  receiver.bind(0, '0.0.0.0');
  await once(receiver, 'listening');
  receiver.addMembership('239.255.18.2', V4);
  const sender = await bound('udp4', V4);
  sender.setMulticastInterface(V4);
  sender.setMulticastLoopback(true);
  const got = once(receiver, 'message');
  sender.send('to all', receiver.address().port, '239.255.18.2');
  assert.equal((await got)[0].toString(), 'to all');
});

check('udp close with a receive pending', async () => {
  for (let i = 0; i < 100; i++) {
    step(`socket ${i}`);
    const socket = await bound('udp4', V4);
    socket.close();
    await once(socket, 'close');
  }
});

check('udp message too long', async () => {
  const a = await bound('udp4', V4);
  const error = await new Promise((done) => a.send(Buffer.alloc(65508), a.address().port, V4, done));
  assert.equal(error && error.code, 'EMSGSIZE');
});

/* ---- names ---- */

check('dns lookup of localhost', async () => {
  assert.equal((await dns.promises.lookup('localhost', 4)).address, V4);
  const all = await dns.promises.lookup('localhost', { all: true });
  assert.ok(all.some(({ address }) => address === V4));
  assert.ok(all.every(({ address }) => address === V4 || address === V6));
  assert.equal((await dns.promises.lookup(V4)).address, V4);
  assert.equal((await dns.promises.lookup(V6)).family, 6);
});

check('dns 50 lookups at once', async () => {
  const all = await Promise.all(Array.from({ length: 50 }, () => dns.promises.lookup('localhost', 4)));
  assert.ok(all.every(({ address }) => address === V4));
});

check('dns unknown name', async () => {
  await assert.rejects(dns.promises.lookup('no-such-name.invalid'), { code: /^(ENOTFOUND|EAI_AGAIN)$/ });
});

check('dns lookupService', async () => {
  const { hostname, service } = await dns.promises.lookupService(V4, 80);
  assert.ok(hostname.length);
  assert.equal(service, 'http');
});

check('own host name', async () => {
  const name = require('node:os').hostname();
  assert.ok(name.length);
  assert.ok((await dns.promises.lookup(name, 4)).address);
});

check('network interfaces', async () => {
  const all = Object.values(require('node:os').networkInterfaces()).flat();
  assert.ok(all.some(({ address }) => address === V4));
});

/* ---- TLS ---- */

check('tls on loopback', async () => {
  const { key, cert } = certificate();
  const server = tls.createServer({ key, cert }, (socket) => socket.pipe(socket));
  const port = await listening(server);
  const data = crypto.randomBytes(5 * 1024 * 1024);

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
    step(maxVersion);
    const socket = tls.connect({ port, host: V4, ca: cert, servername: 'localhost', maxVersion });
    await once(socket, 'secureConnect');
    assert.ok(socket.authorized);
    assert.equal(socket.getProtocol(), maxVersion);
    socket.end(data);
    const back = await contents(socket);
    assert.equal(back.length, data.length);
    assert.equal(digest(back), digest(data));
  }
}, 60);

check('https keep-alive', async () => {
  const { key, cert } = certificate();
  const server = https.createServer({ key, cert }, (req, res) => res.end(`secret ${req.url}`));
  const port = await listening(server);
  const agent = new https.Agent({ keepAlive: true, ca: cert, servername: 'localhost', maxSockets: 2 });

  await Promise.all(Array.from({ length: 30 }, (_, i) => new Promise((done, fail) => {
    https.get({ host: V4, port, agent, path: `/${i}` }, async (res) => {
      assert.equal((await contents(res)).toString(), `secret /${i}`);
      done();
    }).on('error', fail);
  })));
  agent.destroy();
});

check('http2, 30 streams', async () => {
  const { key, cert } = certificate();
  const body = crypto.randomBytes(300 * 1024);
  const server = http2.createSecureServer({ key, cert });
  server.on('stream', (stream) => { stream.respond({ ':status': 200 }); stream.end(body); });
  const port = await listening(server);
  const session = http2.connect(`https://localhost:${port}`, { ca: cert, host: V4, family: 4 });

  await Promise.all(Array.from({ length: 30 }, async () => {
    assert.equal(digest(await contents(session.request({ ':path': '/' }))), digest(body));
  }));
  session.close();
  await once(session, 'close');
}, 60);

check('tls untrusted certificate', async () => {
  const server = tls.createServer(certificate());
  server.on('tlsClientError', () => {});
  const port = await listening(server);
  const socket = tls.connect({ port, host: V4, servername: 'localhost' });
  const [error] = await once(socket, 'error');
  assert.match(error.code, /SELF_SIGNED|UNABLE_TO_VERIFY/);
});

/* ---- several processes ---- */

function fork(role) { return child_process.fork(__filename, [`--child=${role}`]); }

check('fork with messages', async () => {
  const child = fork('echo');
  for (let i = 0; i < 20; i++) {
    step(`message ${i}`);
    child.send({ i, text: 'x'.repeat(i * 1000) });
    const [message] = await once(child, 'message');
    assert.equal(message.i, i);
    assert.equal(message.text.length, i * 1000);
  }
  child.disconnect();
  await once(child, 'exit');
});

check('fork, connections handed to the child', async () => {
  const child = fork('socket');
  const server = net.createServer({ pauseOnConnect: true }, (socket) => child.send('socket', socket));
  const port = await listening(server);

  for (let i = 0; i < 10; i++) {
    step(`connection ${i}`);
    const socket = await connected({ port, host: V4 });
    socket.write(`number ${i}`);
    assert.equal((await contents(socket)).toString(), `${child.pid}: number ${i}`);
  }
  child.kill();
});

check('fork, the listener handed to the child', async () => {
  const child = fork('server');
  const server = net.createServer();
  const port = await listening(server);
  child.send('server', server);
  await once(child, 'message');
  server.close();
  for (let i = 0; i < 10; i++) {
    step(`connection ${i}`);
    const socket = await connected({ port, host: V4 });
    assert.equal((await contents(socket)).toString(), `from ${child.pid}`);
  }
  child.kill();
});

const roles = {
  echo() { process.on('message', (message) => process.send(message)); },
  socket() {
    process.on('message', (message, socket) => {
      socket.on('data', (data) => socket.end(`${process.pid}: ${data}`));
      socket.resume();
    });
  },
  server() {
    process.on('message', (message, server) => {
      server.on('connection', (socket) => socket.end(`from ${process.pid}`));
      process.send('ready');
    });
  },
};

async function workersShareAPort(policy) {
  cluster.setupPrimary({ exec: __filename, args: ['--cluster'] });
  cluster.schedulingPolicy = policy;
  const workers = [cluster.fork(), cluster.fork()];
  step('the workers listen');
  const ports = await Promise.all(workers.map(async (w) => (await once(w, 'listening'))[0].port));
  assert.equal(ports[0], ports[1]);

  const pids = new Set(workers.map((worker) => worker.process.pid));
  const seen = new Set();
  for (let i = 0; i < 40; i++) {
    step(`request ${i}`);
    const pid = Number((await request({ port: ports[0], agent: false })).body.toString());
    assert.ok(pids.has(pid));
    seen.add(pid);
  }
  step('parallel requests');
  await Promise.all(Array.from({ length: 40 }, async () => {
    seen.add(Number((await request({ port: ports[0], agent: false })).body.toString()));
  }));
  if (policy === cluster.SCHED_RR) assert.equal(seen.size, 2);
  step('disconnect');
  await new Promise((done) => cluster.disconnect(done));
  return `${seen.size} workers answered`;
}

check('cluster, 2 workers, shared listener', () => workersShareAPort(cluster.SCHED_NONE));
check('cluster, 2 workers, round robin', () => workersShareAPort(cluster.SCHED_RR));

if (!isMainThread) workerMain();
else if (process.argv[2] === '--cluster')
  http.createServer((req, res) => res.end(`${process.pid}`)).listen(0, V4);
else if (process.argv[2] && process.argv[2].startsWith('--child=')) roles[process.argv[2].slice(8)]();
else main();
