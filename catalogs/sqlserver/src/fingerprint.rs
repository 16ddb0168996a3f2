//! Whether anything may have changed since the last harvest: one statement over the catalog views.
//!
//! Every object has the time of its last change. What is changed without touching that is summed up: names and types of columns,
//! privileges, members of roles, comments, indexes, partitions, and who asks. It does not notice estimates of rows and bytes, and two changes of which one
//! undoes the other; sums are no proof either, and 32 bits collide once in a few thousand million times.

use std::sync::Arc;
use std::time::Duration;

use spi::Result;

use crate::metadata::text;
use crate::pool::Pool;

/// The statement reads the catalogs only.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(60);

pub(crate) const STATEMENT: &str = "SELECT CONCAT(DB_ID(), N' ', SUSER_SNAME(), N' ', USER_NAME(), N' ', o.n, N' ', o.latest, N' ', o.sums, \
     N' ', c.sums, \
     N' ', i.sums, N' ', e.sums, N' ', s.sums, N' ', y.sums, N' ', r.sums, N' ', g.sums, N' ', p.sums, N' ', m.sums) \
     FROM (SELECT COUNT_BIG(*) AS n, CONVERT(nvarchar(30), MAX(modify_date), 121) AS latest, \
     CHECKSUM_AGG(BINARY_CHECKSUM(object_id, schema_id, principal_id, name, type, modify_date)) AS sums FROM sys.objects) AS o, \
     (SELECT CHECKSUM_AGG(BINARY_CHECKSUM(object_id, column_id, name, user_type_id, max_length, precision, scale, collation_name, \
     is_nullable, default_object_id)) AS sums FROM sys.columns) AS c, \
     (SELECT CHECKSUM_AGG(BINARY_CHECKSUM(object_id, index_id, name, type, is_unique, filter_definition, data_space_id)) AS sums \
     FROM sys.indexes) AS i, \
     (SELECT CHECKSUM_AGG(BINARY_CHECKSUM(class, major_id, minor_id, name, CONVERT(nvarchar(4000), value))) AS sums \
     FROM sys.extended_properties) AS e, \
     (SELECT CHECKSUM_AGG(BINARY_CHECKSUM(schema_id, principal_id, name)) AS sums FROM sys.schemas) AS s, \
     (SELECT CHECKSUM_AGG(BINARY_CHECKSUM(user_type_id, schema_id, name, max_length, precision, scale)) AS sums FROM sys.types) AS y, \
     (SELECT CHECKSUM_AGG(BINARY_CHECKSUM(function_id, boundary_id, CONVERT(nvarchar(4000), value))) AS sums \
     FROM sys.partition_range_values) AS r, \
     (SELECT CHECKSUM_AGG(BINARY_CHECKSUM(class, major_id, minor_id, grantee_principal_id, type, state)) AS sums \
     FROM sys.database_permissions) AS g, \
     (SELECT CHECKSUM_AGG(BINARY_CHECKSUM(principal_id, name)) AS sums FROM sys.database_principals) AS p, \
     (SELECT CHECKSUM_AGG(BINARY_CHECKSUM(role_principal_id, member_principal_id)) AS sums FROM sys.database_role_members) AS m";

/// The sums as text.
pub(crate) async fn fingerprint(pool: &Arc<Pool>) -> Result<Option<String>> {
    let endpoint = pool.endpoint();
    let mut lease = pool.acquire(None, "ask whether its metadata has changed".to_owned()).await?;
    endpoint.context.remote_calls.count();
    let asked = async {
        let row = async { lease.client().simple_query(STATEMENT).await?.into_row().await };
        row.await.map_err(|error| endpoint.unqueried(error))
    };
    let row = endpoint.within(STATEMENT_TIMEOUT, "query", asked).await?;
    lease.finish();
    Ok(row.and_then(|row| text(&row, 0).map(str::to_owned)))
}
