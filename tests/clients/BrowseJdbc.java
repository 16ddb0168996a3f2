import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.postgresql.PGResultSetMetaData;

/** pgjdbc answers DatabaseMetaData, ResultSetMetaData and ParameterMetaData. Reads libpq's variables. */
public class BrowseJdbc {
    private static final PrintStream OUT = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    private static String version;

    public static void main(String[] arguments) throws Exception {
        String url = "jdbc:postgresql://" + System.getenv("PGHOST") + ":" + System.getenv("PGPORT") + "/" + System.getenv("PGDATABASE");
        try (Connection connection = DriverManager.getConnection(url, System.getenv("PGUSER"), System.getenv("PGPASSWORD"))) {
            DatabaseMetaData data = connection.getMetaData();
            version = data.getDriverVersion();
            server(data);
            tables(data);
            columns(data);
            keys(data);
            indexes(data);
            types(data);
            routines(data);
            privileges(data);
            results(connection);
            reads();
            read(connection);
        }
    }

    private static void server(DatabaseMetaData data) throws SQLException {
        check("getDatabaseProductName", data.getDatabaseProductName(), "PostgreSQL");
        check("getDatabaseMajorVersion", data.getDatabaseMajorVersion(), 16);
        check("getMaxColumnNameLength", data.getMaxColumnNameLength(), 63);
        check("getMaxColumnsInIndex", data.getMaxColumnsInIndex(), 32);
        List<String> keywords = Arrays.asList(data.getSQLKeywords().split(","));
        contains("getSQLKeywords", keywords, "concurrently", "ilike", "vacuum");
        check("getClientInfoProperties", rows(data.getClientInfoProperties(), "NAME"), List.of("ApplicationName"));
    }

    private static void tables(DatabaseMetaData data) throws SQLException {
        contains("getCatalogs", rows(data.getCatalogs(), "TABLE_CAT"), "hr", "sales");
        check("getSchemas", rows(data.getSchemas(), "TABLE_SCHEM"),
                List.of("Mixed Case", "crm", "information_schema", "pg_catalog", "public"));
        check("getSchemas, of a pattern", rows(data.getSchemas(null, "c%"), "TABLE_SCHEM"), List.of("crm"));
        contains("getTableTypes", rows(data.getTableTypes(), "TABLE_TYPE"),
                "MATERIALIZED VIEW", "PARTITIONED TABLE", "SEQUENCE", "TABLE", "VIEW");
        check("getTables", rows(data.getTables(null, "crm", "%", null), "TABLE_NAME", "TABLE_TYPE", "REMARKS"), List.of(
                "customers_email_key INDEX", "customers_pkey INDEX", "orders_pkey INDEX", "orders_placed_idx INDEX",
                "mv_orders MATERIALIZED VIEW", "customers_id_seq SEQUENCE", "orders_id_seq SEQUENCE", "seq1 SEQUENCE",
                "customers TABLE customer master", "order_items TABLE", "orders TABLE", "addr TYPE", "paid_orders VIEW"));
        String[] kinds = {"TABLE", "PARTITIONED TABLE", "VIEW"};
        check("getTables, of some types",
                rows(data.getTables("sales", "public", "%", kinds), "TABLE_CAT", "TABLE_NAME", "TABLE_TYPE"), List.of(
                "sales part PARTITIONED TABLE", "sales part_2024 TABLE", "sales t1 TABLE"));
        check("getTables, of another database", rows(data.getTables("hr", null, "%", null), "TABLE_NAME"), List.of());
    }

    private static void columns(DatabaseMetaData data) throws SQLException {
        check("getColumns", rows(data.getColumns(null, "crm", "customers", "%"),
                "COLUMN_NAME", "TYPE_NAME", "COLUMN_SIZE", "DECIMAL_DIGITS", "IS_NULLABLE", "COLUMN_DEF", "REMARKS"), List.of(
                "id int8 19 0 NO", "name varchar 100 0 NO full name", "email \"crm\".\"email\" 2147483647 0 YES",
                "created timestamptz 35 6 YES now()", "meta jsonb 2147483647 0 YES", "tags _text 2147483647 0 YES",
                "balance numeric 12 2 YES 0", "home \"crm\".\"addr\" 2147483647 0 YES"));
        check("getColumns, JDBC's types",
                rows(data.getColumns(null, "crm", "orders", null), "COLUMN_NAME", "TYPE_NAME", "DATA_TYPE"), List.of(
                "id serial 4", "customer_id int8 -5", "line int4 4", "st \"crm\".\"status\" 12", "placed date 91",
                "ts timestamp 93", "t time 92", "iv interval 1111", "u uuid 1111", "b bytea -2", "f8 float8 8", "f4 float4 7",
                "flag bool -7", "c bpchar 1", "ip inet 1111"));
        check("getColumns, identity",
                rows(data.getColumns(null, "crm", "customers", "id"), "COLUMN_NAME", "IS_AUTOINCREMENT"), List.of("id YES"));
        List<String> generated = rows(data.getColumns(null, "public", "t1", null), "COLUMN_NAME", "IS_GENERATEDCOLUMN", "COLUMN_DEF");
        check("getColumns, generated", generated, List.of("a NO", "b NO 'x'::text", "g YES (a * 2)"));
        check("getColumns, quoted names",
                rows(data.getColumns(null, "Mixed Case", "Weird\"Tab", null), "COLUMN_NAME"), List.of("Col 1", "select"));
        check("getColumns, of a pattern",
                rows(data.getColumns(null, "crm", "%orders", "customer_id"), "TABLE_NAME", "COLUMN_NAME"), List.of(
                "mv_orders customer_id", "orders customer_id", "paid_orders customer_id"));
        check("getVersionColumns", rows(data.getVersionColumns(null, "crm", "orders"), "COLUMN_NAME"), List.of("ctid"));
    }

    private static void keys(DatabaseMetaData data) throws SQLException {
        check("getPrimaryKeys", rows(data.getPrimaryKeys(null, "crm", "orders"), "COLUMN_NAME", "KEY_SEQ", "PK_NAME"), List.of(
                "id 1 orders_pkey", "line 2 orders_pkey"));
        check("getBestRowIdentifier", rows(data.getBestRowIdentifier(null, "crm", "orders", DatabaseMetaData.bestRowSession, true),
                "COLUMN_NAME", "TYPE_NAME"), List.of("id int4", "line int4"));
        String[] key = {"PKTABLE_NAME", "PKCOLUMN_NAME", "FKTABLE_NAME", "FKCOLUMN_NAME", "KEY_SEQ", "DELETE_RULE", "FK_NAME", "PK_NAME"};
        check("getImportedKeys", rows(data.getImportedKeys(null, "crm", "order_items"), key), List.of(
                "orders id order_items order_id 1 3 oi_fk orders_pkey", "orders line order_items line 2 3 oi_fk orders_pkey"));
        String customer = "customers id orders customer_id 1 0 orders_customer_id_fkey customers_pkey";
        check("getExportedKeys", rows(data.getExportedKeys(null, "crm", "customers"), key), List.of(customer));
        check("getCrossReference", rows(data.getCrossReference(null, "crm", "customers", null, "crm", "orders"), key), List.of(customer));
    }

    private static void indexes(DatabaseMetaData data) throws SQLException {
        String[] index = {"INDEX_NAME", "NON_UNIQUE", "TYPE", "ORDINAL_POSITION", "COLUMN_NAME", "ASC_OR_DESC", "FILTER_CONDITION"};
        List<String> found = new ArrayList<>();
        for (String row : rows(data.getIndexInfo(null, "crm", "orders", false, true), index)) {
            // Parentheses depend on how the expression was printed.
            found.add(row.replace("(", "").replace(")", ""));
        }
        check("getIndexInfo", found, List.of("orders_pkey f 3 1 id A", "orders_pkey f 3 2 line A", "orders_placed_idx t 3 1 placed D flag",
                "orders_placed_idx t 3 2 lowerc::text A flag"));
        check("getIndexInfo, unique", rows(data.getIndexInfo(null, "crm", "customers", true, true), "INDEX_NAME", "COLUMN_NAME"), List.of(
                "customers_email_key email", "customers_pkey id"));
    }

    private static void types(DatabaseMetaData data) throws SQLException {
        contains("getTypeInfo", rows(data.getTypeInfo(), "TYPE_NAME", "DATA_TYPE"),
                "int4 4", "jsonb 1111", "_text 2003", "status 12", "email 2001", "addr 2002");
        contains("getUDTs",
                rows(data.getUDTs(null, "crm", "%", null), "TYPE_NAME", "DATA_TYPE", "BASE_TYPE"), "email 2001 12", "addr 2002");
    }

    private static void routines(DatabaseMetaData data) throws SQLException {
        check("getProcedures", rows(data.getProcedures(null, "crm", "%"), "PROCEDURE_NAME", "PROCEDURE_TYPE"), List.of("noop 2"));
        check("getFunctions", rows(data.getFunctions(null, "crm", "%"), "FUNCTION_NAME", "FUNCTION_TYPE"), List.of("add 1", "trg 1"));
        List<String> parameters = List.of("add returnValue int4", "add a int4", "add b int4", "noop x int4", "trg returnValue trigger");
        check("getProcedureColumns",
                rows(data.getProcedureColumns(null, "crm", "%", "%"), "PROCEDURE_NAME", "COLUMN_NAME", "TYPE_NAME"), parameters);
        check("getFunctionColumns",
                rows(data.getFunctionColumns(null, "crm", "%", "%"), "FUNCTION_NAME", "COLUMN_NAME", "TYPE_NAME"), parameters);
    }

    private static void privileges(DatabaseMetaData data) throws SQLException {
        contains("getTablePrivileges", rows(data.getTablePrivileges(null, "crm", "ord%"), "TABLE_NAME", "PRIVILEGE"), "orders SELECT");
        contains("getColumnPrivileges",
                rows(data.getColumnPrivileges(null, "crm", "orders", "id"), "COLUMN_NAME", "PRIVILEGE"), "id SELECT");
    }

    private static void results(Connection connection) throws SQLException {
        String sql = "SELECT id, name AS called, balance, created, balance * 2 FROM crm.customers WHERE id = ?";
        try (PreparedStatement prepared = connection.prepareStatement(sql)) {
            ResultSetMetaData data = prepared.getMetaData();
            List<String> found = new ArrayList<>();
            for (int column = 1; column <= data.getColumnCount(); column++) {
                PGResultSetMetaData origin = (PGResultSetMetaData) data;
                found.add(String.join(" ", data.getColumnLabel(column), data.getColumnTypeName(column), origin.getBaseSchemaName(column),
                        origin.getBaseTableName(column), origin.getBaseColumnName(column), String.valueOf(data.isNullable(column)),
                        String.valueOf(data.isAutoIncrement(column))));
            }
            check("ResultSetMetaData", found, List.of("id bigserial crm customers id 0 true", "called varchar crm customers name 0 false",
                    "balance numeric crm customers balance 1 false", "created timestamptz crm customers created 1 false",
                    "?column? numeric    2 false"));
            check("ResultSetMetaData, sizes", List.of(data.getPrecision(2), data.getPrecision(3), data.getScale(3)), List.of(100, 12, 2));
            ParameterMetaData parameters = prepared.getParameterMetaData();
            check("ParameterMetaData", parameters.getParameterTypeName(1), "int8");
        }
    }

    private static void read(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.setFetchSize(1);
            check("read", rows(statement.executeQuery("SELECT id, name, email, balance FROM crm.customers ORDER BY id")), List.of(
                    "1 a a@b.c 0.00", "2 b b@c.d 0.00"));
            check("read, an array of pg_constraint",
                    rows(statement.executeQuery("SELECT conkey FROM pg_constraint WHERE conname = 'orders_pkey'")), List.of("{1,3}"));
        }
        connection.commit();
    }

    /** The named columns of all rows, or all columns; those that are null are left out. */
    private static List<String> rows(ResultSet found, String... columns) throws SQLException {
        List<String> rows = new ArrayList<>();
        while (found.next()) {
            List<String> row = new ArrayList<>();
            for (String column : columns) {
                row.add(found.getString(column));
            }
            for (int column = 1; columns.length == 0 && column <= found.getMetaData().getColumnCount(); column++) {
                row.add(found.getString(column));
            }
            row.removeIf(value -> value == null || value.isEmpty());
            rows.add(String.join(" ", row));
        }
        return rows;
    }

    private static void check(String did, Object found, Object expected) {
        if (!expected.equals(found)) {
            throw new AssertionError(did + ":\n  found    " + found + "\n  expected " + expected);
        }
        say(did, expected);
    }

    private static void contains(String did, List<String> found, String... expected) {
        List<String> missing = new ArrayList<>(List.of(expected));
        missing.removeAll(found);
        if (!missing.isEmpty()) {
            throw new AssertionError(did + ":\n  found   " + found + "\n  without " + missing);
        }
        say(did, List.of(expected));
    }

    /** What follows asks for rows of tables. Whoever counts the requests to their server looks now, and answers. */
    private static void reads() throws IOException {
        OUT.println("{\"client\": \"pgjdbc\", \"now\": \"reads\"}");
        while (System.in.read() > '\n') {
            // The answer is one line.
        }
    }

    private static void say(String did, Object found) {
        String text = String.valueOf(found);
        if (found instanceof List<?> list) {
            text = String.join(", ", list.stream().map(Object::toString).toList());
        }
        text = text.isEmpty() ? "nothing" : text.length() <= 160 ? text : text.substring(0, 159) + "\u2026";
        String line = "{\"client\": \"pgjdbc\", \"version\": %s, \"did\": %s, \"found\": %s}";
        OUT.println(line.formatted(quoted(version), quoted(did), quoted(text)));
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
