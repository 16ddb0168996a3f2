-- The objects of database "sales": one of every kind that clients ask a catalog about.
COMMENT ON DATABASE sales IS 'sales source';
CREATE SCHEMA crm;
COMMENT ON SCHEMA crm IS 'crm schema';
CREATE SCHEMA "Mixed Case";

CREATE TYPE crm.status AS ENUM ('new', 'paid', 'void');
CREATE TYPE crm.addr AS (street text, zip varchar(10));
CREATE DOMAIN crm.email AS text CHECK (VALUE ~ '@');

CREATE TABLE crm.customers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name varchar(100) NOT NULL,
    email crm.email UNIQUE,
    created timestamptz DEFAULT now(),
    meta jsonb,
    tags text[],
    balance numeric(12, 2) DEFAULT 0 CHECK (balance >= 0),
    home crm.addr
);
COMMENT ON TABLE crm.customers IS 'customer master';
COMMENT ON COLUMN crm.customers.name IS 'full name';

CREATE TABLE crm.orders (
    id serial,
    customer_id bigint NOT NULL REFERENCES crm.customers (id) ON DELETE CASCADE,
    line int NOT NULL,
    st crm.status DEFAULT 'new',
    placed date,
    ts timestamp(3),
    t time,
    iv interval,
    u uuid,
    b bytea,
    f8 double precision,
    f4 real,
    flag boolean,
    c char(5),
    ip inet,
    PRIMARY KEY (id, line)
);
CREATE INDEX orders_placed_idx ON crm.orders (placed DESC, lower(c)) WHERE flag;

CREATE TABLE crm.order_items (
    order_id int,
    line int,
    sku text,
    qty int,
    CONSTRAINT oi_fk FOREIGN KEY (order_id, line) REFERENCES crm.orders (id, line)
);

CREATE VIEW crm.paid_orders AS SELECT o.id, o.customer_id FROM crm.orders o WHERE st = 'paid';
CREATE MATERIALIZED VIEW crm.mv_orders AS SELECT customer_id, count(*) AS n FROM crm.orders GROUP BY 1;

CREATE TABLE public.t1 (a int PRIMARY KEY, b text COLLATE "C" DEFAULT 'x', g int GENERATED ALWAYS AS (a * 2) STORED);
CREATE TABLE "Mixed Case"."Weird""Tab" ("Col 1" int, "select" text);
CREATE TABLE public.part (d date, v int) PARTITION BY RANGE (d);
CREATE TABLE public.part_2024 PARTITION OF public.part FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');

CREATE SEQUENCE crm.seq1;
CREATE FUNCTION crm.add(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql AS 'select a+b';
CREATE PROCEDURE crm.noop(INOUT x int) LANGUAGE plpgsql AS $$ begin x:=x; end $$;
CREATE FUNCTION crm.trg() RETURNS trigger LANGUAGE plpgsql AS $$ begin return new; end $$;
CREATE TRIGGER tr BEFORE INSERT ON crm.orders FOR EACH ROW EXECUTE FUNCTION crm.trg();

INSERT INTO crm.customers (name, email) VALUES ('a', 'a@b.c'), ('b', 'b@c.d');
INSERT INTO crm.orders (customer_id, line, st, placed) VALUES (1, 1, 'new', '2024-01-02');

\connect hr
CREATE SCHEMA people;
CREATE TABLE people.emp (id int PRIMARY KEY, name text);
