"""asyncpg reads one joined row exactly and is refused with the right SQLSTATEs. Reads PGHOST, PGPORT and PGPASSWORD."""
import asyncio
import datetime
import decimal
import pathlib

import asyncpg

statement = pathlib.Path(__file__).with_name("statement.sql").read_text()
expected = (
    "Niklaus Müller",
    decimal.Decimal("120.10"),
    datetime.date(2026, 2, 12),
    datetime.datetime(2025, 8, 13, 14, 32, tzinfo=datetime.timezone.utc),
    True,
    b"\x00\xff\x10",
    ["fair", "sale"],
    None,
    "",
)


async def refused(state, **arguments):
    try:
        await asyncpg.connect(**arguments)
    except asyncpg.PostgresError as error:
        assert error.sqlstate == state, (error.sqlstate, error)
    else:
        raise AssertionError(f"connected with {arguments}")


async def main():
    connection = await asyncpg.connect(user="admin", database="metagate", server_settings={"application_name": "asyncpg"})
    row = tuple(await connection.fetchrow(statement, 3))
    assert row == expected, row
    async with connection.transaction():
        ids = [record["id"] async for record in connection.cursor("SELECT id FROM sample.public.orders ORDER BY id", prefetch=7)]
    assert ids == list(range(1, 401)), ids[:9]
    await connection.close()
    await refused("28P01", user="admin", database="metagate", password="wrong")
    await refused("28P01", user="nobody", database="metagate")
    await refused("3D000", user="admin", database="nowhere")


asyncio.run(main())
