"""psycopg 3 reads one joined row exactly and is refused with the right SQLSTATEs. Reads PGHOST, PGPORT and PGPASSWORD."""
import datetime
import decimal
import pathlib

import psycopg

statement = pathlib.Path(__file__).with_name("statement.sql").read_text().replace("$1", "%s")
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

for binary in (False, True):
    with psycopg.connect(user="admin", dbname="metagate") as connection:
        with connection.cursor(binary=binary) as cursor:
            row = cursor.execute(statement, (3,)).fetchone()
            assert row == expected, (binary, row)
            assert str(row[1]) == "120.10"
        with connection.cursor(name="lazily") as cursor:
            cursor.execute("SELECT id FROM sample.public.orders ORDER BY id")
            assert [id for (id,) in cursor.fetchmany(3)] == [1, 2, 3]

for arguments, state in (
    ({"user": "admin", "dbname": "metagate", "password": "wrong"}, "28P01"),
    ({"user": "nobody", "dbname": "metagate"}, "28P01"),
    ({"user": "admin", "dbname": "nowhere"}, "3D000"),
):
    try:
        psycopg.connect(**arguments)
    except psycopg.OperationalError as error:
        # libpq drops the SQLSTATE of a refused connection, so the message has to do.
        message = {"28P01": "password authentication failed", "3D000": 'database "nowhere" does not exist'}[state]
        assert message in str(error), error
    else:
        raise AssertionError(f"connected with {arguments}")
