// Prisma's schema engine writes the schema of a database, as `prisma db pull` does. Reads libpq's variables.
const fs = require('fs');
const { PrismaPg } = require('@prisma/adapter-pg');
const { ColumnTypeEnum, bindMigrationAwareSqlAdapterFactory } = require('@prisma/driver-adapter-utils');
const { Client, run } = require('./checks');

const [CHAR, BPCHAR] = [18, 1042];
const MAIN = '@prisma/schema-engine-wasm/schema_engine_bg';
const client = Client.of('Prisma schema engine', '@prisma/schema-engine-wasm', MAIN);

/** The engine of `prisma db pull`: the package has it as WebAssembly, so that nothing is downloaded when it runs. */
async function engine() {
  const file = require.resolve(MAIN);
  const bindings = await import(file);
  const binary = fs.readFileSync(file.replace(/\.js$/, '.wasm'));
  const { instance } = await WebAssembly.instantiate(binary, { './schema_engine_bg.js': bindings });
  bindings.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return bindings.SchemaEngine;
}

/** The adapter has no word for PostgreSQL's type "char", which the engine asks for. */
class WithChar extends PrismaPg {
  async connect() {
    const adapter = await super.connect();
    const { performIO, queryRaw } = Object.getPrototypeOf(Object.getPrototypeOf(adapter));
    adapter.queryRaw = async (query) => {
      const chars = [];
      const named = async (asked) => {
        const result = await performIO.call(adapter, asked);
        chars.push(...[...result.fields.keys()].filter((place) => result.fields[place].dataTypeID === CHAR));
        chars.forEach((place) => Object.assign(result.fields[place], { dataTypeID: BPCHAR }));
        return result;
      };
      const result = await queryRaw.call(Object.assign(Object.create(adapter), { performIO: named }), query);
      chars.forEach((place) => { result.columnTypes[place] = ColumnTypeEnum.Character; });
      return result;
    };
    return adapter;
  }
}

const SCHEMA = `
datasource db {
  provider = "postgresql"
  schemas  = ["crm", "public", "Mixed Case"]
}
`;

/** The lines of each block of a schema, under its first line, with single blanks and without the remarks for people. */
function blocks(text) {
  const lines = text.split('\n').map((line) => line.trim().replace(/ +/g, ' ')).filter((line) => line && !line.startsWith('///'));
  const found = {};
  let block = [];
  for (const line of lines) {
    if (line.endsWith(' {')) block = found[line.slice(0, -2)] = [];
    else if (line !== '}') block.push(line);
  }
  return found;
}

run(async () => {
  const SchemaEngine = await engine();
  const factory = bindMigrationAwareSqlAdapterFactory(new WithChar({}));
  const files = [{ path: 'schema.prisma', content: SCHEMA }];
  const pull = await SchemaEngine.new({ datamodels: [['schema.prisma', SCHEMA]] }, () => {}, factory);
  const options = { baseDirectoryPath: '/', force: true, compositeTypeDepth: -1, namespaces: null };
  const pulled = await pull.introspect({ schema: { files }, ...options });
  const found = blocks(pulled.schema.files[0].content);
  client.check('introspect', Object.keys(found).sort(), [
    'datasource db', 'enum status', 'model Weird_Tab', 'model customers', 'model order_items', 'model orders', 'model part', 'model t1',
  ]);
  client.check('columns, unique columns, defaults', found['model customers'], [
    'id BigInt @id @default(autoincrement())',
    'name String @db.VarChar(100)',
    'email String? @unique',
    'created DateTime? @default(now()) @db.Timestamptz(6)',
    'meta Json?',
    'tags String[]',
    'balance Decimal? @default(0) @db.Decimal(12, 2)',
    'home Unsupported("addr")?',
    'orders orders[]',
    '@@schema("crm")',
  ]);
  client.check('native types, relations, keys', found['model orders'], [
    'id Int @default(autoincrement())',
    'customer_id BigInt',
    'line Int',
    'st status? @default(new)',
    'placed DateTime? @db.Date',
    'ts DateTime?',
    't DateTime? @db.Time(6)',
    'iv Unsupported("interval")?',
    'u String? @db.Uuid',
    'b Bytes?',
    'f8 Float?',
    'f4 Float? @db.Real',
    'flag Boolean?',
    'c String? @db.Char(5)',
    'ip String? @db.Inet',
    'order_items order_items[] @ignore',
    'customers customers @relation(fields: [customer_id], references: [id], onDelete: Cascade, onUpdate: NoAction)',
    '@@id([id, line])',
    '@@schema("crm")',
  ]);
  client.check('a relation over two columns', found['model order_items'].filter((line) => line.includes('@relation')), [
    'orders orders? @relation(fields: [order_id, line], references: [id, line], onDelete: NoAction, onUpdate: NoAction, map: "oi_fk")',
  ]);
  client.check('quoted names', found['model Weird_Tab'].slice(0, 3), [
    'Col_1 Int? @map("Col 1")', 'select String?', '@@map("Weird\\"Tab")',
  ]);
  client.check('a key and a default', found['model t1'].slice(0, 2), ['a Int @id', 'b String? @default("x")']);
  client.check('an enumeration', found['enum status'], ['new', 'paid', 'void', '@@schema("crm")']);
  const remarks = pulled.warnings.split('\n').filter((line) => line.startsWith('  - ')).map((line) => line.slice(4));
  client.check('comments, checks, partitions', remarks.slice(3), [
    'Model: "customers", field: "home", original data type: "addr"', 'Model: "orders", field: "iv", original data type: "interval"',
    '"part"', 'Model: "customers", constraint: "customers_balance_check"', 'Type: "model", name: "customers"',
    'Type: "field", name: "customers.name"', 'Model: "orders", constraint: "orders_placed_idx"',
  ]);
});
