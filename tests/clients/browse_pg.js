// node-postgres describes what it reads, and asks the catalog about a table. Reads libpq's variables.
const pg = require('pg');
const { Client, run } = require('./checks');

const client = Client.of('node-postgres', 'pg');
const COLUMNS = `
  SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS required,
    pg_get_expr(d.adbin, d.adrelid) AS default, col_description(a.attrelid, a.attnum) AS comment
  FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum LIMIT $2`;

run(async () => {
  const pool = new pg.Pool({ max: 2 });
  const columns = await pool.query({ name: 'columns', text: COLUMNS, values: ['crm.customers', 4], rowMode: 'array' });
  client.check('pg_attribute, prepared', columns.rows, [
    ['id', 'bigint', true, null, null], ['name', 'character varying(100)', true, null, 'full name'],
    ['email', 'crm.email', false, null, null], ['created', 'timestamp with time zone', false, 'now()', null],
  ]);
  const again = await pool.query({ name: 'columns', text: COLUMNS, values: ['crm.order_items', 9], rowMode: 'array' });
  client.check('pg_attribute, prepared, again', again.rows.map(([name]) => name), ['order_id', 'line', 'sku', 'qty']);
  const labels = 'SELECT array_agg(enumlabel ORDER BY enumsortorder) AS labels FROM pg_enum WHERE enumtypid = $1::regtype';
  const enums = await pool.query(labels, ['crm.status']);
  client.check('pg_enum', enums.rows, [{ labels: '{new,paid,void}' }]);
  client.check('an unknown table', await pool.query('SELECT * FROM crm.nothing').catch(({ code, message }) => [code, message]),
    ['42P01', 'relation "crm.nothing" does not exist']);
  client.reads();
  const read = await pool.query('SELECT id, customer_id, placed::text, flag, u FROM crm.orders WHERE customer_id = $1', [1]);
  client.check('fields', read.fields.map(({ name, dataTypeID }) => [name, dataTypeID]), [
    ['id', 23], ['customer_id', 20], ['placed', 25], ['flag', 16], ['u', 2950],
  ]);
  const places = await pool.query('SELECT customer_id, id FROM crm.orders');
  client.check('fields, their table', places.fields.map(({ tableID, columnID }) => [tableID > 16383, columnID]), [[true, 2], [true, 1]]);
  client.check('rows', read.rows, [{ id: 1, customer_id: '1', placed: '2024-01-02', flag: null, u: null }]);
  await pool.end();
});
