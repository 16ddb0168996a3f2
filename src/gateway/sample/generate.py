"""Makes the sample data that a first start writes into the data folder: a small shop whose tables join.

Run it with pyarrow installed, in this folder, to make the three files anew. Its output depends on nothing but this text.
"""
import csv
import json
import random
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq

random.seed(5450)
FIRST = ["Ada", "Alan", "Barbara", "Charles", "Donald", "Edith", "Edgar", "Frances", "Grace", "Heidi", "Ivan", "Jim", "Karen", "Leslie", "Margaret", "Niklaus", "Radia", "Tony"]
LAST = ["Abe", "Brandt", "Costa", "Dubois", "Eriksen", "Ferrari", "Garcia", "Horvat", "Ito", "Jansen", "Kowalski", "Lopez", "Müller", "Novak", "O'Neill", "Petrov", "Silva", "Weiß"]
COUNTRIES = ["AT", "BR", "CH", "DE", "ES", "FR", "IE", "IT", "JP", "PL", "SE", "US"]
CATEGORIES = {"tea": 4, "coffee": 7, "spice": 3, "pottery": 24, "book": 18}
WORDS = ["amber", "blue", "classic", "dark", "early", "fine", "green", "house", "island", "light"]

with open("customers.csv", "w", newline="", encoding="utf-8") as file:
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(["id", "name", "country", "email", "since", "newsletter"])
    for id in range(1, 121):
        name = f"{random.choice(FIRST)} {random.choice(LAST)}"
        email = "" if id % 17 == 0 else f"customer{id}@example.org"
        since = date(2023, 1, 1) + timedelta(days=random.randrange(900))
        rows.writerow([id, name, random.choice(COUNTRIES), email, since, str(random.random() < 0.4).lower()])

prices = {}
with open("products.jsonl", "w", encoding="utf-8") as file:
    for id in range(1, 41):
        category = random.choice(list(CATEGORIES))
        prices[id] = Decimal(random.randrange(90, 300) * CATEGORIES[category]) / 100
        tags = sorted(random.sample(["fair", "gift", "new", "organic", "sale"], random.randrange(0, 3)))
        product = {"id": id, "name": f"{random.choice(WORDS)} {category}", "category": category, "price": float(prices[id]), "tags": tags}
        file.write(json.dumps(product, ensure_ascii=False) + "\n")

orders = []
for id in range(1, 401):
    product, quantity = random.randrange(1, 41), random.randrange(1, 6)
    ordered = datetime(2025, 1, 1, 8, tzinfo=timezone.utc) + timedelta(minutes=random.randrange(525_600))
    shipped = None if random.random() < 0.15 else ordered.date() + timedelta(days=random.randrange(1, 9))
    orders.append((id, random.randrange(1, 121), product, quantity, prices[product] * quantity, ordered, shipped))
schema = pa.schema([
    ("id", pa.int64()), ("customer_id", pa.int64()), ("product_id", pa.int64()), ("quantity", pa.int32()),
    ("amount", pa.decimal128(10, 2)), ("ordered_at", pa.timestamp("us", tz="UTC")), ("shipped_on", pa.date32()),
])
columns = [pa.array(values, field.type) for values, field in zip(zip(*orders), schema)]
pq.write_table(pa.table(columns, schema=schema), "orders.parquet", compression="snappy", store_schema=False)
