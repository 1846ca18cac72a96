/*
 * A check is a named asynchronous function; `node.exe FILE --list` names them, `node.exe FILE NAME` runs one
 * and says so in one line. Whoever starts it holds the watchdog too; the one here tells what was awaited.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
'use strict';

const checks = new Map();
let phase = 'start';

function check(name, run, seconds = 30) { checks.set(name, { run, seconds }); }

/* what the check is doing now, for the report of a failure or of a time-out */
function step(text) { phase = text; }

function main() {
  const name = process.argv[2];

  if (name === '--list') {
    for (const key of checks.keys()) console.log(key);
    return;
  }

  const { run, seconds } = checks.get(name);
  const started = Date.now();
  const finish = (verdict, detail) => {
    process.stdout.write(`${verdict} ${name} (${Date.now() - started} ms)${detail ? ': ' + detail : ''}\n`);
    process.exit(verdict === 'ok' ? 0 : 1);
  };
  const describe = (error) => {
    const at = (error && error.stack || '').split('\n').find((line) => /checks?\.js:\d+/.test(line)) || '';
    const cause = error && error.cause ? ` (${error.cause.code || ''} ${error.cause.message})` : '';
    return `${error && (error.code || '')} ${error && error.message || error}${cause} [${phase}]${at}`
      .replace(/\s+/g, ' ').trim();
  };

  process.on('uncaughtException', (error) => finish('FAIL', describe(error)));
  process.on('unhandledRejection', (error) => finish('FAIL', describe(error)));
  setTimeout(() => finish('FAIL', `nothing happened for ${seconds} s [${phase}]`), seconds * 1000).unref();
  /* an event loop that runs empty before the check is over has lost a completion */
  process.on('beforeExit', () => finish('FAIL', `nothing left to wait for [${phase}]`));
  run().then((detail) => finish('ok', detail), (error) => finish('FAIL', describe(error)));
}

module.exports = { check, step, main };
