//! The database: SQLite or PostgreSQL by URL, one text per query (architecture.md, "SQL").
//!
//! Reads take any connection of [`Db::read`]; whatever writes opens [`Db::write`]. On SQLite all writers
//! share one connection and begin with `BEGIN IMMEDIATE`, so they queue instead of failing; on PostgreSQL a
//! read-modify-write locks its row first or is a conditional UPDATE.

use crate::kernel::Sealer;
use anyhow::Context as _;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{Any, AnyConnection, AnyPool, Connection as _, Executor as _, Transaction};
use std::ops::{Deref, DerefMut};
use std::path::PathBuf;
use std::str::FromStr as _;
use std::time::Duration;

/// A connection that lay idle for so long is tried before it is used: the server may be another one by now. One that was used a
/// moment ago was tried when it came back to the pool; trying it again would cost a round trip a statement.
const TRIED_AFTER: Duration = Duration::from_secs(1);

/// A writing transaction; nothing is kept unless [`Tx::commit`] returns. Statements run on `&mut **tx`.
pub struct Tx {
    inner: Transaction<'static, Any>,
    sealer: Option<Sealer>,
}

impl Tx {
    /// Keeps what was written.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        self.inner.commit().await
    }

    /// The keyed hash of a text for one place (hex), so that what is written here can be told from what somebody
    /// with access to the database alone wrote. Empty without [`Db::marked_by`].
    pub fn mark(&self, place: &str, text: &str) -> String {
        self.sealer
            .as_ref()
            .map_or(String::new(), |sealer| sealer.index(place, text))
    }
}

impl Deref for Tx {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.inner
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.inner
    }
}

/// Which database stands behind [`Db`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file, for one process or a few on one machine.
    Sqlite,
    /// A server, for production.
    Postgres,
}

/// The pools; cheap to clone.
#[derive(Clone)]
pub struct Db {
    kind: Kind,
    read: AnyPool,
    write: AnyPool,
    sealer: Option<Sealer>,
}

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// In `after_connect`, for every SQLite connection: FULL keeps what was acknowledged through a power cut.
const SQLITE_PRAGMAS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 10000; \
                              PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8000;";

/// The marks of a list, `$first, …`: for `IN (…)`.
pub fn list(first: usize, n: usize) -> String {
    let marks: Vec<String> = (first..first + n).map(|at| format!("${at}")).collect();
    marks.join(", ")
}

/// The marks of so many rows, `($first, …), (…)`: for an INSERT of many. SQLite takes 32,766 values in a statement,
/// PostgreSQL 65,535.
pub fn rows(first: usize, rows: usize, columns: usize) -> String {
    let row = |n: usize| format!("({})", list(first + n * columns, columns));
    let rows: Vec<String> = (0..rows).map(row).collect();
    rows.join(", ")
}

impl Db {
    /// Opens the pools of `url` (`sqlite://path` or `postgres://…`); a missing SQLite file is made.
    pub async fn open(url: &str) -> anyhow::Result<Self> {
        sqlx::any::install_default_drivers();
        let kind = Self::kind_of(url)?;
        let url = match kind {
            Kind::Sqlite if !url.contains("mode=") => {
                format!("{url}{}mode=rwc", if url.contains('?') { "&" } else { "?" })
            }
            _ => url.to_owned(),
        };
        let options = AnyConnectOptions::from_str(&url).context("DATABASE_URL is not understood")?;
        let (read, write) = match kind {
            Kind::Sqlite => {
                let write = Self::sqlite_pool(1)
                    .connect_with(options.clone())
                    .await
                    .context("cannot open the database file")?;
                (
                    Self::sqlite_pool(4)
                        .connect_with(options)
                        .await
                        .context("cannot open the database file")?,
                    write,
                )
            }
            Kind::Postgres => {
                let pool = Self::pool(16, Duration::from_secs(10))
                    .connect_with(options)
                    .await
                    .context("cannot reach PostgreSQL at DATABASE_URL")?;
                Self::check_collation(&pool).await?;
                (pool.clone(), pool)
            }
        };
        Ok(Db {
            kind,
            read,
            write,
            sealer: None,
        })
    }

    /// Whose key marks the lines of the audit trail ([`Tx::mark`]).
    pub fn marked_by(self, sealer: Sealer) -> Self {
        Db {
            sealer: Some(sealer),
            ..self
        }
    }

    /// Subtrees and orders are ranges of text: they need byte order, which on PostgreSQL is the C collation.
    async fn check_collation(pool: &AnyPool) -> anyhow::Result<()> {
        let sql = "SELECT CAST(datcollate AS TEXT) FROM pg_database WHERE datname = current_database()";
        let collation: String = sqlx::query_scalar(sql).fetch_one(pool).await?;
        let bytewise = ["C", "POSIX"].contains(&collation.as_str()) || collation.starts_with("C.");
        anyhow::ensure!(
            bytewise,
            "the database at DATABASE_URL has the collation {collation}; make it with LOCALE 'C' ENCODING 'UTF8' TEMPLATE template0"
        );
        Ok(())
    }

    fn pool(connections: u32, patience: Duration) -> AnyPoolOptions {
        AnyPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(patience)
            .test_before_acquire(false)
            .before_acquire(|connection, about| {
                Box::pin(async move {
                    if about.idle_for > TRIED_AFTER {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
    }

    fn sqlite_pool(connections: u32) -> AnyPoolOptions {
        let pool = Self::pool(connections, Duration::from_secs(30));
        pool.after_connect(|connection, _| {
            Box::pin(async move {
                connection.execute(SQLITE_PRAGMAS).await?;
                Ok(())
            })
        })
    }

    /// The kind of database that a URL names.
    pub fn kind_of(url: &str) -> anyhow::Result<Kind> {
        match url.split(':').next() {
            Some("sqlite") => Ok(Kind::Sqlite),
            Some("postgres" | "postgresql") => Ok(Kind::Postgres),
            _ => anyhow::bail!("DATABASE_URL must begin with sqlite:// or postgres://"),
        }
    }

    /// Which database this is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// For reading.
    pub fn read(&self) -> &AnyPool {
        &self.read
    }

    /// The names of the tables that hold anything; empty before the first migration.
    pub async fn filled_tables(&self) -> Result<Vec<String>, sqlx::Error> {
        let sql = match self.kind {
            Kind::Sqlite => {
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
            }
            Kind::Postgres => {
                "SELECT CAST(tablename AS TEXT) FROM pg_tables \
                 WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY tablename"
            }
        };
        let names: Vec<String> = sqlx::query_scalar(sql).fetch_all(&self.read).await?;
        let mut filled = Vec::new();
        for name in names {
            let first = sqlx::AssertSqlSafe(format!("SELECT 1 FROM \"{name}\" LIMIT 1"));
            let first: Option<(i64,)> = sqlx::query_as(first).fetch_optional(&self.read).await?;
            filled.extend(first.map(|_| name));
        }
        Ok(filled)
    }

    /// Begins a writing transaction.
    pub async fn write(&self) -> Result<Tx, sqlx::Error> {
        let inner = match self.kind {
            Kind::Sqlite => self.write.begin_with("BEGIN IMMEDIATE").await,
            Kind::Postgres => self.write.begin().await,
        }?;
        Ok(Tx {
            inner,
            sealer: self.sealer.clone(),
        })
    }

    /// Brings the schema up to date. PostgreSQL locks by itself; for SQLite a file lock keeps two processes apart.
    pub async fn migrate(&self, lock_dir: &std::path::Path) -> anyhow::Result<()> {
        let _lock = match self.kind {
            Kind::Sqlite => Some(Self::lock_file(lock_dir.join("migrate.lock")).await?),
            Kind::Postgres => None,
        };
        MIGRATOR.run(&self.write).await.context("migrating the database")
    }

    async fn lock_file(path: PathBuf) -> anyhow::Result<std::fs::File> {
        tokio::task::spawn_blocking(move || {
            let file =
                std::fs::File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
            file.lock().context("cannot lock for migration")?;
            Ok(file)
        })
        .await?
    }

    /// Whether the database answers, for `/readyz`.
    pub async fn ping(&self) -> Result<(), sqlx::Error> {
        sqlx::query("SELECT 1").execute(&self.read).await.map(|_| ())
    }

    /// Closes the pools, waiting for what is in use.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

/// How SQLite would answer a statement on the whole schema, for tests of statements that must not go through a table. Without
/// statistics the plan does not depend on what the tables hold.
#[cfg(test)]
pub(crate) async fn plan_of(sql: &str) -> Vec<String> {
    let dir = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}", dir.path().join("plan.db").display());
    let db = Db::open(&url).await.expect("a database");
    db.migrate(dir.path()).await.expect("the schema");
    let explained = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
    let rows: Vec<(i64, i64, i64, String)> = sqlx::query_as(explained)
        .fetch_all(db.read())
        .await
        .expect("a plan");
    db.close().await;
    rows.into_iter().map(|(_, _, _, step)| step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_count_on() {
        assert_eq!(list(3, 2), "$3, $4");
        assert_eq!(rows(2, 2, 3), "($2, $3, $4), ($5, $6, $7)");
        assert_eq!((list(1, 0), rows(1, 0, 4)), (String::new(), String::new()));
    }
}
