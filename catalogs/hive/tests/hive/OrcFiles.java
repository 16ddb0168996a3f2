// Writes the ORC files that the tests read, with the library that Hive writes them with. Run: java -cp … OrcFiles.java FOLDER

import java.nio.charset.StandardCharsets;
import java.sql.Timestamp;
import java.util.function.ObjIntConsumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hive.common.type.HiveDecimal;
import org.apache.hadoop.hive.ql.exec.vector.BytesColumnVector;
import org.apache.hadoop.hive.ql.exec.vector.ColumnVector;
import org.apache.hadoop.hive.ql.exec.vector.DateColumnVector;
import org.apache.hadoop.hive.ql.exec.vector.DecimalColumnVector;
import org.apache.hadoop.hive.ql.exec.vector.DoubleColumnVector;
import org.apache.hadoop.hive.ql.exec.vector.ListColumnVector;
import org.apache.hadoop.hive.ql.exec.vector.LongColumnVector;
import org.apache.hadoop.hive.ql.exec.vector.MapColumnVector;
import org.apache.hadoop.hive.ql.exec.vector.StructColumnVector;
import org.apache.hadoop.hive.ql.exec.vector.TimestampColumnVector;
import org.apache.hadoop.hive.ql.exec.vector.VectorizedRowBatch;
import org.apache.orc.CompressionKind;
import org.apache.orc.OrcFile;
import org.apache.orc.TypeDescription;
import org.apache.orc.Writer;

class OrcFiles {
    static String folder;

    public static void main(String[] arguments) throws Exception {
        folder = arguments[0];
        types();
        for (CompressionKind kind : CompressionKind.values()) {
            if (kind != CompressionKind.LZO) {
                write(kind.name().toLowerCase() + ".orc", "struct<n:bigint,s:string>", 30000, kind, true, OrcFiles::numbered);
            }
        }
        write("positions.orc", "struct<_col0:int,_col1:string>", 2, CompressionKind.ZLIB, true, OrcFiles::numbered);
        write("older.orc", "struct<N:int,s:string,kept:struct<a:int>>", 2, CompressionKind.ZLIB, true, (batch, row) -> {
            numbered(batch, row);
            longs(((StructColumnVector) batch.cols[2]).fields[0])[row] = 10 + row;
        });
        write("empty.orc", "struct<n:bigint,s:string>", 0, CompressionKind.ZLIB, true, OrcFiles::numbered);
        for (boolean isProleptic : new boolean[] {false, true}) {
            String name = isProleptic ? "proleptic.orc" : "hybrid.orc";
            write(name, "struct<day:date,at:timestamp>", 1, CompressionKind.NONE, isProleptic, (batch, row) -> {
                // 1000-01-01 at noon, in the calendar of the file.
                long day = isProleptic ? -354285 : -354280;
                DateColumnVector days = (DateColumnVector) batch.cols[0];
                days.changeCalendar(isProleptic, false);
                days.vector[row] = day;
                TimestampColumnVector at = (TimestampColumnVector) batch.cols[1];
                at.setIsUTC(true);
                at.changeCalendar(isProleptic, false);
                at.time[row] = day * 86400000L + 43200000L;
                at.nanos[row] = 0;
            });
        }
    }

    /** A row of values of all types, one of NULLs, and one of the ends of their ranges. */
    static void types() throws Exception {
        String schema = "struct<t:tinyint,i:int,b:bigint,f:float,d:double,flag:boolean,name:string,c:char(3),v:varchar(2),bin:binary,"
            + "price:decimal(20,2),day:date,at:timestamp,moment:timestamp with local time zone,list:array<int>,"
            + "tags:map<string,int>,place:struct<Zip:string,n:int>>";
        write("types.orc", schema, 3, CompressionKind.ZLIB, true, (batch, row) -> {
            if (row == 1) {
                for (ColumnVector column : batch.cols) {
                    column.noNulls = false;
                    column.isNull[row] = true;
                }
                return;
            }
            boolean isFirst = row == 0;
            longs(batch.cols[0])[row] = isFirst ? 1 : -128;
            longs(batch.cols[1])[row] = isFirst ? 2 : Integer.MIN_VALUE;
            longs(batch.cols[2])[row] = isFirst ? 3 : Long.MAX_VALUE;
            ((DoubleColumnVector) batch.cols[3]).vector[row] = isFirst ? 1.5 : -2.25;
            ((DoubleColumnVector) batch.cols[4]).vector[row] = isFirst ? 0.1 : -1e300;
            longs(batch.cols[5])[row] = isFirst ? 1 : 0;
            text(batch.cols[6], row, isFirst ? "Zoë" : "");
            text(batch.cols[7], row, isFirst ? "ab" : "abc");
            text(batch.cols[8], row, "äö");
            text(batch.cols[9], row, "x");
            ((DecimalColumnVector) batch.cols[10]).set(row, HiveDecimal.create(isFirst ? "12.5" : "-123456789012345678.99"));
            ((DateColumnVector) batch.cols[11]).vector[row] = isFirst ? 19782 : -1;
            // In the summer of the writer's zone, and before 1970.
            time(batch.cols[12], row, isFirst ? "2024-07-01 12:34:56.789123" : "1960-01-01 00:00:00.5");
            time(batch.cols[13], row, isFirst ? "2024-07-01 12:34:56.789123" : "1960-01-01 00:00:00.5");
            ListColumnVector list = (ListColumnVector) batch.cols[14];
            list.offsets[row] = list.childCount;
            list.lengths[row] = isFirst ? 2 : 0;
            for (int item = 0; item < list.lengths[row]; item++) {
                longs(list.child)[list.childCount++] = item + 7;
            }
            MapColumnVector tags = (MapColumnVector) batch.cols[15];
            tags.offsets[row] = tags.childCount;
            tags.lengths[row] = 1;
            text(tags.keys, tags.childCount, "Key");
            longs(tags.values)[tags.childCount++] = row;
            StructColumnVector place = (StructColumnVector) batch.cols[16];
            text(place.fields[0], row, "0" + row);
            longs(place.fields[1])[row] = row;
        });
    }

    static void numbered(VectorizedRowBatch batch, int row) {
        longs(batch.cols[0])[row] = rows;
        text(batch.cols[1], row, "text " + rows);
    }

    /** How many rows the file that is being written has. */
    static long rows;

    static void write(
        String name, String schema, int count, CompressionKind kind, boolean isProleptic, ObjIntConsumer<VectorizedRowBatch> row)
        throws Exception {
        TypeDescription type = TypeDescription.fromString(schema);
        OrcFile.WriterOptions options = OrcFile.writerOptions(new Configuration())
            .setSchema(type)
            .compress(kind)
            // Small, so that there are several.
            .stripeSize(64 << 10)
            .rowIndexStride(1000)
            .setProlepticGregorian(isProleptic)
            .overwrite(true);
        Writer writer = OrcFile.createWriter(new Path("file://" + folder + "/" + name), options);
        VectorizedRowBatch batch = type.createRowBatch();
        for (rows = 0; rows < count; rows++) {
            row.accept(batch, batch.size++);
            if (batch.size == batch.getMaxSize()) {
                writer.addRowBatch(batch);
                batch.reset();
            }
        }
        writer.addRowBatch(batch);
        writer.close();
    }

    static long[] longs(ColumnVector column) {
        return ((LongColumnVector) column).vector;
    }

    static void text(ColumnVector column, int row, String text) {
        ((BytesColumnVector) column).setVal(row, text.getBytes(StandardCharsets.UTF_8));
    }

    static void time(ColumnVector column, int row, String time) {
        ((TimestampColumnVector) column).set(row, Timestamp.valueOf(time));
    }
}
