/*
 * Node.js as the other side of programs that are not JavaScript: `servers.js http|https PORTFILE` serves until
 * it is ended and writes its port to PORTFILE; `servers.js load URL` loads a server that somebody else runs;
 * `servers.js keepalive PORTFILE` holds connections whose timers the host can be asked about.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
'use strict';

const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const net = require('node:net');
const { once } = require('node:events');

/* written whole: whoever waits for it may read at any moment */
function announce(file, text) {
  fs.writeFileSync(`${file}.new`, text);
  fs.renameSync(`${file}.new`, file);
}

function answer(req, res) {
  let length = 0;
  req.on('data', (part) => { length += part.length; });
  req.on('end', () => res.end(req.method === 'GET' ? 'x'.repeat(100000) : `${length}`));
}

const serve = (server) => async (file) => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  announce(file, `${server.address().port}`);
};

async function load(url) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 10 });
  const get = () => new Promise((done, fail) => http.get(url, { agent }, (res) => {
    let length = 0;
    res.on('data', (part) => { length += part.length; });
    res.on('end', () => done(`${res.statusCode} ${length}`));
    res.on('error', fail);
  }).on('error', fail));
  const results = new Set(await Promise.all(Array.from({ length: 200 }, get)));
  if (results.size !== 1 || ![...results][0].startsWith('200 ')) throw new Error([...results].join());
  console.log(`ok (200 answers: ${[...results][0]} bytes)`);
  process.exit(0);
}

async function keepalive(file) {
  const server = net.createServer((socket) => socket.setKeepAlive(true, 7000));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = net.connect({ port: server.address().port, host: '127.0.0.1' });
  await once(client, 'connect');
  client.setKeepAlive(true, 20000);
  announce(file, `${server.address().port}`);
}

const modes = {
  http: serve(http.createServer(answer)),
  https: (file) => {
    const dir = process.env.WS2_APPS_CERT;
    const options = { key: fs.readFileSync(`${dir}/key.pem`), cert: fs.readFileSync(`${dir}/cert.pem`) };
    return serve(https.createServer(options, answer))(file);
  },
  load,
  keepalive,
};

modes[process.argv[2]](process.argv[3]).catch((error) => {
  console.log(`FAIL ${error.code || ''} ${error.message}`);
  process.exit(1);
});
/* nobody is served for ever, even if whoever started this is gone */
setTimeout(() => process.exit(0), 180000);
