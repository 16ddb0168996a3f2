import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.Objects;

/** pgjdbc reads one joined row exactly and is refused with the right SQLSTATEs. Reads PGHOST, PGPORT and PGPASSWORD. */
public class JdbcClient {
    public static void main(String[] arguments) throws Exception {
        String statement = Files.readString(Path.of(arguments[0])).replace("$1", "?");
        String server = "jdbc:postgresql://" + System.getenv("PGHOST") + ":" + System.getenv("PGPORT") + "/";
        String password = System.getenv("PGPASSWORD");
        // From the fifth execution on, pgjdbc prepares a statement on the server and reads values in binary.
        try (Connection connection = DriverManager.getConnection(server + "metagate?prepareThreshold=3", "admin", password);
                PreparedStatement prepared = connection.prepareStatement(statement)) {
            for (int execution = 0; execution < 6; execution++) {
                prepared.setInt(1, 3);
                try (ResultSet row = prepared.executeQuery()) {
                    check(true, row.next());
                    check("Niklaus Müller", row.getString("name"));
                    check(new BigDecimal("120.10"), row.getBigDecimal("amount"));
                    check(LocalDate.of(2026, 2, 12), row.getObject("placed_on", LocalDate.class));
                    check(OffsetDateTime.parse("2025-08-13T14:32:00Z").toInstant(), row.getObject("ordered_at", OffsetDateTime.class).toInstant());
                    check(true, row.getBoolean("paid"));
                    check("[0, -1, 16]", Arrays.toString(row.getBytes("picture")));
                    check("[fair, sale]", Arrays.toString((Object[]) row.getArray("tags").getArray()));
                    check(null, row.getObject("shipped_on"));
                    check("", row.getString("note"));
                    check(false, row.next());
                }
            }
            connection.setAutoCommit(false);
            try (Statement streamed = connection.createStatement()) {
                streamed.setFetchSize(7);
                long sum = 0;
                try (ResultSet rows = streamed.executeQuery("SELECT id FROM sample.public.orders")) {
                    while (rows.next()) {
                        sum += rows.getLong(1);
                    }
                }
                check(80_200L, sum);
            }
            connection.rollback();
        }
        refused("28P01", server + "metagate", "admin", "wrong");
        refused("28P01", server + "metagate", "nobody", password);
        refused("3D000", server + "nowhere", "admin", password);
    }

    private static void check(Object expected, Object actual) {
        if (!Objects.equals(expected, actual)) {
            throw new AssertionError("expected " + expected + ", got " + actual);
        }
    }

    private static void refused(String state, String url, String user, String password) {
        try {
            DriverManager.getConnection(url, user, password).close();
            throw new AssertionError("connected to " + url + " as " + user);
        } catch (SQLException error) {
            check(state, error.getSQLState());
        }
    }
}
