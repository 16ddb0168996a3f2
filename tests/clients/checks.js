// What the programs that browse say: one JSON line per thing that was done, or what was found wrong, and an end.
const assert = require('assert');
const fs = require('fs');
const path = require('path');

/** In a few words. */
function shown(found) {
  const text = words(found);
  return text.length <= 160 ? text : `${text.slice(0, 159)}…`;
}

function words(found) {
  if (found === null || found === undefined) return 'none';
  if (typeof found === 'boolean') return found ? 'yes' : 'no';
  if (Array.isArray(found)) return found.map((one) => (Array.isArray(one) ? row(one) : words(one))).join(', ') || 'nothing';
  if (typeof found === 'object') return Object.entries(found).map(([name, value]) => `${name}: ${words(value)}`).join('; ') || 'nothing';
  const lines = String(found).trim().split('\n');
  return lines.length < 2 ? lines[0] : `${lines[0].trim()} … (${lines.length} lines)`;
}

function row(values) {
  const [first = '', ...others] = values.filter((one) => one !== null && one !== '').map(words);
  return others.length ? `${first} (${others.join(', ')})` : first;
}

/** One client library, at the version that is installed. */
class Client {
  constructor(name, version) {
    Object.assign(this, { name, version });
  }

  /** The client of a package, which the file named `main` is of. */
  static of(name, packageName, main = packageName) {
    const file = require.resolve(main);
    const folder = path.join('node_modules', packageName);
    const root = file.slice(0, file.lastIndexOf(folder) + folder.length);
    return new Client(name, JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')).version);
  }

  /** What follows asks for rows of tables. Whoever counts the requests to their server looks now, and answers. */
  reads() {
    console.log(JSON.stringify({ client: this.name, now: 'reads' }));
    waitForLine();
  }

  /** Both must be the same. */
  check(did, found, expected) {
    const difference = `\n  found    ${JSON.stringify(found)}\n  expected ${JSON.stringify(expected)}`;
    assert.deepStrictEqual(found, expected, `${this.name} ${this.version}: ${did}:${difference}`);
    console.log(JSON.stringify({ client: this.name, version: this.version, did, found: shown(expected) }));
  }
}

/** The answer of whoever counts the requests to a server, which ends a line. */
function waitForLine() {
  const byte = Buffer.alloc(1);
  while (fs.readSync(0, byte, 0, 1, null) && byte[0] !== 10);
}

/** Runs a program, and ends with a message where it fails. */
function run(main) {
  main().then(() => process.exit(0), (error) => {
    console.error(error);
    process.exit(1);
  });
}

module.exports = { Client, run };
