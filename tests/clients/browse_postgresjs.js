// postgres.js loads the types of arrays when it connects, and describes statements. Reads libpq's variables.
const postgres = require('postgres');
const { Client, run } = require('./checks');

const client = Client.of('postgres.js', 'postgres');

run(async () => {
  const sql = postgres({ max: 1 });
  // It parses arrays of all types that it has found in pg_type.
  const arrays = await sql`
    SELECT conkey, ARRAY['a', 'b c']::text[] AS words, ARRAY[conname] AS names FROM pg_constraint WHERE conname = ${'orders_pkey'}`;
  client.check('arrays', [...arrays], [{ conkey: [1, 3], words: ['a', 'b c'], names: ['orders_pkey'] }]);
  client.check('arrays, of an enum', [...await sql`SELECT ARRAY['new', 'void']::crm.status[] AS sts`], [{ sts: ['new', 'void'] }]);
  const described = await sql`SELECT c.oid, c.relname, c.relkind FROM pg_class c WHERE c.relname = ${'orders'}`.describe();
  client.check('describe, parameters', described.types, [19]);
  client.check('describe, columns', described.columns.map(({ name, type }) => [name, type]), [
    ['oid', 26], ['relname', 19], ['relkind', 18],
  ]);
  const tables = await sql`SELECT table_name, table_type FROM information_schema.tables
    WHERE table_schema IN ${sql(['crm'])} AND table_name <> 'mv_orders' ORDER BY 1`;
  client.check('information_schema.tables', tables.map(({ table_name, table_type }) => [table_name, table_type]), [
    ['customers', 'BASE TABLE'], ['order_items', 'BASE TABLE'], ['orders', 'BASE TABLE'], ['paid_orders', 'VIEW'],
  ]);
  const names = [];
  const ordered = sql`SELECT relname FROM pg_class WHERE relnamespace = 'crm'::regnamespace AND relkind = 'r' ORDER BY 1`;
  await ordered.cursor(2, (rows) => names.push(...rows.map(({ relname }) => relname)));
  client.check('cursor', names, ['customers', 'order_items', 'orders']);
  client.reads();
  const read = await sql`SELECT id, customer_id, placed::text, ts FROM crm.orders WHERE customer_id = ${1}`;
  client.check('rows', [...read], [{ id: 1, customer_id: '1', placed: '2024-01-02', ts: null }]);
  client.check('columns', read.columns.map(({ name, type, table, number }) => [name, type, table > 16383, number]), [
    ['id', 23, true, 1], ['customer_id', 20, true, 2], ['placed', 25, false, 0], ['ts', 1114, true, 6],
  ]);
  await sql.end();
});
