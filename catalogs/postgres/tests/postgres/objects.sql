-- Objects of every kind, in schemas and with names that want quoting.

CREATE SCHEMA crm;
CREATE SCHEMA "Mixed Case";
COMMENT ON SCHEMA crm IS 'crm schema';

CREATE COLLATION crm.plain FROM "C";
CREATE TYPE crm.status AS ENUM ('new', 'paid', 'void', 'it''s odd');
CREATE TYPE crm.addr AS (street text, zip varchar(10), marks crm.status[]);
CREATE DOMAIN crm.email AS text CHECK (VALUE ~ '@');
CREATE DOMAIN crm.code AS varchar(8) COLLATE "C" NOT NULL DEFAULT 'none';
CREATE DOMAIN crm.short_code AS crm.code CHECK (length(VALUE) < 4);
COMMENT ON TYPE crm.status IS 'how far an order is';
COMMENT ON TYPE crm.addr IS 'where somebody lives';
COMMENT ON DOMAIN crm.email IS 'has an @';

CREATE FUNCTION crm.trg() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
CREATE FUNCTION crm.add(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql AS 'select a + b';
CREATE FUNCTION crm.add(numeric, VARIADIC more numeric[] DEFAULT ARRAY[0.5]) RETURNS numeric LANGUAGE sql AS 'select $1';
CREATE FUNCTION crm.found(term crm.email DEFAULT 'a@b', OUT place int, INOUT marks text[] DEFAULT '{}') LANGUAGE sql AS $$ SELECT 1, $2 $$;
CREATE FUNCTION crm.listed(n int) RETURNS TABLE (code varchar, amount numeric) LANGUAGE sql AS $$ SELECT 'x'::varchar, n::numeric $$;
CREATE PROCEDURE crm.noop(INOUT x int) LANGUAGE plpgsql AS $$ BEGIN x := x; END $$;
CREATE AGGREGATE crm.total(int) (SFUNC = crm.add, STYPE = int);
COMMENT ON FUNCTION crm.add(int, int) IS 'adds';
COMMENT ON PROCEDURE crm.noop(int) IS 'does nothing';

CREATE TABLE crm.customers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name varchar(100) NOT NULL,
    email crm.email UNIQUE,
    created timestamptz DEFAULT now(),
    meta jsonb,
    tags text[],
    balance numeric(12, 2) DEFAULT 0 CONSTRAINT balance_is_positive CHECK (balance >= 0 AND name <> 'CHECK (nobody)'),
    home crm.addr,
    code crm.code,
    nickname text COLLATE crm.plain,
    referrer bigint DEFAULT 1 REFERENCES crm.customers ON DELETE SET DEFAULT ON UPDATE CASCADE,
    history crm.status[]
);
COMMENT ON TABLE crm.customers IS 'customer master';
COMMENT ON COLUMN crm.customers.name IS 'full name';
COMMENT ON CONSTRAINT balance_is_positive ON crm.customers IS 'no credit';
COMMENT ON INDEX crm.customers_pkey IS 'index of the key';
COMMENT ON CONSTRAINT customers_pkey ON crm.customers IS 'the key';

CREATE TABLE crm.orders (
    id serial, customer_id bigint NOT NULL REFERENCES crm.customers (id) ON DELETE CASCADE, line int NOT NULL,
    st crm.status DEFAULT 'new', placed date, ts timestamp(3), t time, iv interval, u uuid, b bytea, f8 double precision, f4 real,
    flag boolean, c char(5), ip inet, price money, bits bit(3), n numeric, small smallint,
    PRIMARY KEY (id, line)
);
CREATE INDEX orders_placed_idx ON crm.orders (placed DESC, lower(c)) WHERE flag;
CREATE INDEX orders_hash_idx ON crm.orders USING hash (u);
CREATE UNIQUE INDEX orders_carrying_idx ON crm.orders (f8 NULLS FIRST, (line + 1), customer_id) INCLUDE (st) WHERE n > 0 AND flag;
COMMENT ON INDEX crm.orders_placed_idx IS 'newest first';

CREATE TABLE crm.order_items (
    order_id int, line int, sku text, qty int,
    CONSTRAINT oi_fk FOREIGN KEY (order_id, line) REFERENCES crm.orders (id, line) ON DELETE SET NULL ON UPDATE RESTRICT
        DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT oi_unique UNIQUE (sku, order_id) DEFERRABLE
);
ALTER TABLE crm.order_items ADD CONSTRAINT oi_later CHECK (qty > 0) NOT VALID;
COMMENT ON CONSTRAINT oi_fk ON crm.order_items IS 'items have an order';

CREATE TABLE crm.visits (
    room int, during tsrange,
    CONSTRAINT no_overlap EXCLUDE USING gist (during WITH &&, box(point(room, room), point(room, room)) WITH &&) WHERE (room > 0) DEFERRABLE
);
COMMENT ON CONSTRAINT no_overlap ON crm.visits IS 'one party at a time';
CREATE UNLOGGED TABLE crm.nothing ();
CREATE TABLE crm.heirs (since date) INHERITS (crm.order_items);

CREATE VIEW crm.paid_orders WITH (security_barrier = true) AS SELECT o.id, o.customer_id FROM crm.orders o WHERE st = 'paid';
CREATE VIEW crm.sums AS SELECT customer_id, count(*) AS n, sum(f8) AS "Sum" FROM crm.orders GROUP BY 1;
CREATE MATERIALIZED VIEW crm.mv_orders AS SELECT customer_id, count(*) AS n FROM crm.orders GROUP BY 1;
CREATE INDEX mv_idx ON crm.mv_orders (customer_id);
COMMENT ON VIEW crm.paid_orders IS 'paid only';
COMMENT ON MATERIALIZED VIEW crm.mv_orders IS 'counted';
COMMENT ON COLUMN crm.mv_orders.n IS 'how many';

CREATE TRIGGER tr BEFORE INSERT ON crm.orders FOR EACH ROW EXECUTE FUNCTION crm.trg();
CREATE TRIGGER "odd EXECUTE tr" AFTER UPDATE OF st, n OR DELETE ON crm.orders FOR EACH ROW
    WHEN (old.st <> 'it''s odd') EXECUTE FUNCTION crm.trg('a', ' EXECUTE FUNCTION ', '"');
CREATE TRIGGER emptied AFTER TRUNCATE ON crm.orders FOR EACH STATEMENT EXECUTE FUNCTION crm.trg();
CREATE TRIGGER paid INSTEAD OF INSERT OR UPDATE OR DELETE ON crm.paid_orders FOR EACH ROW EXECUTE FUNCTION crm.trg();
CREATE CONSTRAINT TRIGGER later AFTER INSERT ON crm.customers DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (new.name = '' OR new.balance > 0) EXECUTE FUNCTION crm.trg();
CREATE TRIGGER resting BEFORE UPDATE ON crm.customers FOR EACH STATEMENT EXECUTE FUNCTION crm.trg();
ALTER TABLE crm.customers DISABLE TRIGGER resting;
COMMENT ON TRIGGER tr ON crm.orders IS 'first of all';

CREATE SEQUENCE crm.seq1;
CREATE SEQUENCE crm.down AS smallint INCREMENT -3 MINVALUE -30 MAXVALUE 30 START 20 CYCLE;
CREATE SEQUENCE crm.owned OWNED BY crm.order_items.qty;
COMMENT ON SEQUENCE crm.down IS 'counts down';

CREATE TABLE public.t1 (a int PRIMARY KEY, b text COLLATE "C" DEFAULT 'x', g int GENERATED ALWAYS AS (a*2) STORED)
    WITH (fillfactor = 70, autovacuum_enabled = false);
CREATE TABLE public.by_default (a int GENERATED BY DEFAULT AS IDENTITY (START 5 INCREMENT 5), b "char", n name);

CREATE TABLE public.part (d date NOT NULL, v int NOT NULL, PRIMARY KEY (d, v)) PARTITION BY RANGE (d);
CREATE TABLE public.part_2024 PARTITION OF public.part FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE crm.part_2025 PARTITION OF public.part FOR VALUES FROM ('2025-01-01') TO (MAXVALUE) PARTITION BY HASH (v);
CREATE TABLE crm.part_2025_0 PARTITION OF crm.part_2025 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE crm.part_2025_1 PARTITION OF crm.part_2025 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE public.places (city text, country text) PARTITION BY LIST (lower(country));
CREATE TABLE public.places_de PARTITION OF public.places FOR VALUES IN ('de', 'at (or so)');
CREATE TABLE public.places_else PARTITION OF public.places DEFAULT;
COMMENT ON TABLE public.part_2024 IS 'a whole year';
CREATE INDEX part_v ON public.part (v);

CREATE TABLE "Mixed Case"."Weird""Tab" ("Col 1" int, gone int, "select" text, "a.b|c" int, "naïve ""%s" int CHECK ("naïve ""%s" > 0));
ALTER TABLE "Mixed Case"."Weird""Tab" DROP COLUMN gone;
CREATE INDEX "odd Idx" ON "Mixed Case"."Weird""Tab" ("select" text_pattern_ops, "Col 1");

CREATE FOREIGN DATA WRAPPER nowhere;
CREATE SERVER far FOREIGN DATA WRAPPER nowhere;
CREATE FOREIGN TABLE crm.afar (id int NOT NULL, name text) SERVER far;

INSERT INTO crm.customers (name, email, code) SELECT 'n' || n, n || '@b.c', 'c' FROM generate_series(1, 2) n;
INSERT INTO crm.orders (customer_id, line, st, placed) VALUES (1, 1, 'new', '2024-01-02');
INSERT INTO public.part SELECT date '2024-12-01' + n, n FROM generate_series(1, 60) n;
INSERT INTO public.places VALUES ('Linz', 'AT (or so)'), ('Rom', 'IT');
REFRESH MATERIALIZED VIEW crm.mv_orders;
