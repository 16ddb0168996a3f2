// node-postgres reads one joined row exactly and is refused with the right SQLSTATEs. Reads PGHOST, PGPORT and PGPASSWORD.
const assert = require('assert');
const fs = require('fs');
const path = require('path');
const { Client, types } = require('pg');

const statement = fs.readFileSync(path.join(__dirname, 'statement.sql'), 'utf8');
types.setTypeParser(1082, (text) => text); // dates as text: node-postgres would move them into the local time zone

async function refused(state, options) {
  const client = new Client(options);
  await assert.rejects(client.connect(), (error) => error.code === state || assert.fail(`${error.code} ${error.message}`));
}

async function main() {
  const client = new Client({ user: 'admin', database: 'metagate' });
  await client.connect();
  const { rows, fields } = await client.query({ text: statement, values: [3], rowMode: 'array' });
  assert.deepStrictEqual(rows, [[
    'Niklaus Müller', '120.10', '2026-02-12', new Date('2025-08-13T14:32:00Z'), true, Buffer.from([0, 255, 16]), ['fair', 'sale'], null, '',
  ]]);
  assert.deepStrictEqual(fields.map((field) => field.name), ['name', 'amount', 'placed_on', 'ordered_at', 'paid', 'picture', 'tags', 'shipped_on', 'note']);
  await client.end();
  await refused('28P01', { user: 'admin', database: 'metagate', password: 'wrong' });
  await refused('28P01', { user: 'nobody', database: 'metagate' });
  await refused('3D000', { user: 'admin', database: 'nowhere' });
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
