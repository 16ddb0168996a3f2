// Kysely introspects schemas and tables. Reads libpq's variables.
const pg = require('pg');
const { Kysely, PostgresDialect } = require('kysely');
const { Client, run } = require('./checks');

const client = Client.of('Kysely', 'kysely');

run(async () => {
  const db = new Kysely({ dialect: new PostgresDialect({ pool: new pg.Pool({ max: 1 }) }) });
  const schemas = (await db.introspection.getSchemas()).map(({ name }) => name).sort();
  client.check('getSchemas', schemas.filter((name) => !name.startsWith('pg_')), ['Mixed Case', 'crm', 'information_schema', 'public']);
  const tables = await db.introspection.getTables();
  const named = (name) => tables.find((one) => one.name === name);
  client.check('getTables', tables.map(({ schema, name, isView }) => [schema, name, isView]).sort(), [
    ['Mixed Case', 'Weird"Tab', false], ['crm', 'customers', false], ['crm', 'order_items', false], ['crm', 'orders', false],
    ['crm', 'paid_orders', true], ['public', 'part', false], ['public', 'part_2024', false], ['public', 't1', false],
  ]);
  const columns = named('customers').columns;
  client.check('columns', columns.map(({ name, dataType, dataTypeSchema, isNullable }) => [name, dataType, dataTypeSchema, isNullable]), [
    ['id', 'int8', 'pg_catalog', false], ['name', 'varchar', 'pg_catalog', false], ['email', 'email', 'crm', true],
    ['created', 'timestamptz', 'pg_catalog', true], ['meta', 'jsonb', 'pg_catalog', true], ['tags', '_text', 'pg_catalog', true],
    ['balance', 'numeric', 'pg_catalog', true], ['home', 'addr', 'crm', true],
  ]);
  const withDefault = columns.filter(({ hasDefaultValue }) => hasDefaultValue).map(({ name }) => name);
  client.check('columns, with a default', withDefault, ['created', 'balance']);
  const withComment = columns.filter(({ comment }) => comment).map(({ name, comment }) => [name, comment]);
  client.check('columns, with a comment', withComment, [['name', 'full name']]);
  const serial = [...named('orders').columns, ...columns].filter(({ isAutoIncrementing }) => isAutoIncrementing);
  client.check('columns, with a sequence', serial.map(({ name, dataType }) => [name, dataType]), [['id', 'int4'], ['id', 'int8']]);
  client.reads();
  const joined = db.withSchema('crm').selectFrom('orders').innerJoin('customers', 'customers.id', 'orders.customer_id');
  client.check('read', await joined.select(['customers.name', 'orders.line']).execute(), [{ name: 'a', line: 1 }]);
  await db.destroy();
});
