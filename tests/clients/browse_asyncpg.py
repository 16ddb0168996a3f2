"""asyncpg introspects the types of columns and parameters, and resets the connections of its pool. Reads libpq's variables."""
import asyncio

import asyncpg
from checks import Client

client = Client("asyncpg", asyncpg.__version__)


async def main():
    async with asyncpg.create_pool(min_size=1, max_size=1) as pool:
        async with pool.acquire() as connection:
            await browse(connection)
            before = connection.get_server_pid()
            await connection.execute("SET search_path TO crm")
            await connection.fetchval("SELECT pg_advisory_lock(7)")
        # The pool has reset it: UNLISTEN *, CLOSE ALL, RESET ALL and what else belongs to its one script.
        async with pool.acquire() as connection:
            client.check("pool: the same connection again", connection.get_server_pid() == before, True)
            client.check("pool: reset", await connection.fetchval("SHOW search_path"), '"$user", public')


async def browse(connection):
    version = connection.get_server_version()
    client.check("get_server_version", version.major, 16)
    statement = await connection.prepare("SELECT id, customer_id, placed, ts, f8, c, flag, u FROM crm.orders WHERE id = $1")
    client.check("get_attributes", [(one.name, one.type.name) for one in statement.get_attributes()], [
        ("id", "int4"), ("customer_id", "int8"), ("placed", "date"), ("ts", "timestamp"), ("f8", "float8"), ("c", "bpchar"),
        ("flag", "bool"), ("u", "uuid"),
    ])
    client.check("get_parameters", [(one.name, one.kind) for one in statement.get_parameters()], [("int4", "scalar")])

    # Types that it does not know are introspected, with those that they are made of.
    statement = "SELECT 'paid'::crm.status AS st, NULL::crm.addr AS home, NULL::crm.email AS email, NULL::crm.status[] AS sts"
    statement = await connection.prepare(statement)
    client.check("introspected types", [(one.name, one.type.schema, one.type.name, one.type.kind) for one in statement.get_attributes()], [
        ("st", "crm", "status", "scalar"), ("home", "crm", "addr", "composite"), ("email", "pg_catalog", "text", "scalar"),
        ("sts", "crm", "status[]", "array"),
    ])
    client.check("an enum's value", (await statement.fetchrow())["st"], "paid")
    statement = await connection.prepare("SELECT ROW('Main St', '12345')::crm.addr AS home")
    client.check("a composite's value", dict((await statement.fetchrow())["home"]), {"street": "Main St", "zip": "12345"})
    await connection.set_type_codec("status", schema="crm", encoder=str, decoder=str.upper)
    client.check("set_type_codec", await connection.fetchval("SELECT 'void'::crm.status"), "VOID")
    await connection.reset_type_codec("status", schema="crm")

    names = [row["relname"] async for row in cursor(connection)]
    client.check("cursor over pg_class", names, ["customers", "order_items", "orders"])
    columns = """
        SELECT attname, atttypid::regtype FROM pg_attribute WHERE attrelid = $1::regclass AND attnum = ANY($2::int2[]) ORDER BY attnum
    """
    found = await connection.fetch(columns, "crm.orders", [1, 4])
    client.check("regclass and array parameters", [tuple(one) for one in found], [("id", "integer"), ("st", "crm.status")])

    client.reads()
    row = await connection.fetchrow("SELECT name, tags, balance, meta FROM crm.customers WHERE id = $1", 2)
    client.check("read", (row["name"], row["tags"], str(row["balance"]), row["meta"]), ("b", None, "0.00", None))


async def cursor(connection):
    statement = "SELECT relname FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind = $2 ORDER BY relname"
    async with connection.transaction():
        async for row in connection.cursor(statement, "crm", b"r", prefetch=2):
            yield row


asyncio.run(main())
