// Knex tells tables and columns. Reads libpq's variables.
const knex = require('knex');
const { Client, run } = require('./checks');

const client = Client.of('Knex', 'knex');

run(async () => {
  const db = knex({ client: 'pg', connection: {} });
  const crm = () => db.schema.withSchema('crm');
  const has = [await crm().hasTable('orders'), await crm().hasTable('nothing'), await db.schema.hasTable('t1')];
  client.check('hasTable', has, [true, false, true]);
  client.check('hasColumn', [await crm().hasColumn('orders', 'placed'), await crm().hasColumn('orders', 'nothing')], [true, false]);
  const { home, ...columns } = await db('customers').withSchema('crm').columnInfo();
  client.check('columnInfo, of a composite type', home.nullable, true);
  const told = ([name, { type, maxLength, nullable, defaultValue }]) => [name, [type, maxLength, nullable, defaultValue]];
  client.check('columnInfo', Object.fromEntries(Object.entries(columns).map(told)), {
    id: ['bigint', null, false, null],
    name: ['character varying', 100, false, null],
    email: ['text', null, true, null],
    created: ['timestamp with time zone', null, true, 'now()'],
    meta: ['jsonb', null, true, null],
    tags: ['ARRAY', null, true, null],
    balance: ['numeric', null, true, '0'],
  });
  client.check('columnInfo, of one column', await db('orders').withSchema('crm').columnInfo('customer_id'), {
    type: 'bigint', maxLength: null, nullable: false, defaultValue: null,
  });
  client.reads();
  const joined = db('crm.orders as o').join('crm.customers as c', 'c.id', 'o.customer_id');
  const rows = await joined.where('c.name', 'a').select('c.email', 'o.line');
  client.check('read', rows, [{ email: 'a@b.c', line: 1 }]);
  await db.destroy();
});
