//! A Redis and a PostgreSQL of the tests' own: started at first use, once for the whole test binary, on free
//! loopback ports with nothing kept on disk, gone with the process. The machine's own servers do not matter.

use std::collections::HashSet;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};

use crate::guarded::{Guarded, Recipe};

/// Redis databases are numbered; each test gets one.
const REDIS_DATABASES: usize = 4096;
pub const PATIENCE: Duration = Duration::from_secs(30);

struct Server {
    port: u16,
    process: Guarded,
}

type Started = OnceLock<Result<Server, String>>;
static POSTGRES: Started = OnceLock::new();
static REDIS: Started = OnceLock::new();

/// URL of a PostgreSQL database that no other test has: empty, C collation, UTF-8. Panics when there is no
/// server to be had, with the server's own words.
pub async fn postgres_url() -> String {
    postgres_database("").await
}

/// URL of a database like the one at `url`, which nobody may be connected to.
pub async fn postgres_copy(url: &str) -> String {
    let (_, template) = url.rsplit_once('/').expect("a database in the URL");
    postgres_database(&format!("TEMPLATE {template}")).await
}

async fn postgres_database(options: &str) -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    let port = running(&POSTGRES, "PostgreSQL", start_postgres).await.port;
    let name = format!("it_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let mut admin = postgres_admin(port).await;
    let create = AssertSqlSafe(format!("CREATE DATABASE {name} {options}"));
    sqlx::query(create)
        .execute(&mut admin)
        .await
        .expect("a fresh database");
    admin.close().await.expect("goodbye to PostgreSQL");
    format!("postgres://postgres@127.0.0.1:{port}/{name}")
}

/// URL of an empty Redis database that no other test has. Panics when there is no server to be had.
pub async fn redis_url() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let port = running(&REDIS, "Redis", start_redis).await.port;
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    assert!(
        number < REDIS_DATABASES,
        "more tests with Redis than databases: raise REDIS_DATABASES"
    );
    format!("redis://127.0.0.1:{port}/{number}")
}

/// A loopback TCP port that is free now and that this process hands out only once.
pub fn free_port() -> u16 {
    static GIVEN: Mutex<Option<HashSet<u16>>> = Mutex::new(None);
    loop {
        let socket = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = socket.local_addr().expect("its address").port();
        let mut given = GIVEN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if given.get_or_insert_default().insert(port) {
            return port;
        }
    }
}

/// The shared server; whoever asks first starts it, off the async threads, and the others wait.
async fn running(
    server: &'static Started,
    name: &'static str,
    start: fn(u16) -> Result<Guarded, String>,
) -> &'static Server {
    let started = tokio::task::spawn_blocking(move || server.get_or_init(|| start_on_free_port(start)));
    match started.await.expect("the start does not panic") {
        Ok(server) => server,
        Err(error) => panic!("{name} did not start (run `make packages`): {error}"),
    }
}

/// Another process may take the port between the look and the start, hence a few tries.
fn start_on_free_port(start: fn(u16) -> Result<Guarded, String>) -> Result<Server, String> {
    let attempt = || {
        let port = free_port();
        start(port)
            .and_then(|it| it.listening(port, PATIENCE))
            .map(|process| Server { port, process })
    };
    attempt().or_else(|_| attempt()).or_else(|_| attempt())
}

/// A Redis on `port` for a test that stops or kills it; the shared one is [`redis_url`].
pub fn start_redis(port: u16) -> Result<Guarded, String> {
    let options = format!(
        "redis-server --port {port} --bind 127.0.0.1 --databases {REDIS_DATABASES} --appendonly no --save"
    );
    // An empty value of its own: no snapshots.
    let command: Vec<String> = options.split(' ').chain([""]).map(String::from).collect();
    // Nothing is kept that a milder signal could save, and one that a test has stopped (SIGSTOP) hears no other.
    Guarded::start(&Recipe {
        user: None,
        prepare: "",
        signal: "KILL",
        command: &command,
    })
}

/// Durability costs time and the tests' data is thrown away.
fn start_postgres(port: u16) -> Result<Guarded, String> {
    start_postgres_with(
        port,
        "-c fsync=off -c synchronous_commit=off -c full_page_writes=off",
    )
}

/// With options of PostgreSQL's own (`-c name=value`). initdb and postgres refuse root, so root runs them as the
/// account of Debian's package.
pub fn start_postgres_with(port: u16, options: &str) -> Result<Guarded, String> {
    let bin = postgres_bin()?;
    let prepare = format!(
        "{}/initdb -D data -U postgres --auth=trust --locale=C --encoding=UTF8 --no-sync --no-instructions",
        bin.display()
    );
    // TCP only, since a socket's path may get too long.
    let options = format!(
        "{}/postgres -D data -p {port} -h 127.0.0.1 -c unix_socket_directories= -c max_connections=300 {options}",
        bin.display()
    );
    let command: Vec<String> = options.split_whitespace().map(String::from).collect();
    Guarded::start(&Recipe {
        user: Some("postgres"),
        prepare: &prepare,
        signal: "QUIT",
        command: &command,
    })
}

/// Folder of the newest PostgreSQL: Debian keeps it off the PATH.
fn postgres_bin() -> Result<PathBuf, String> {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    versions
        .filter_map(|entry| {
            Some((
                entry.file_name().to_str()?.parse::<u32>().ok()?,
                entry.path().join("bin"),
            ))
        })
        .filter(|(_, bin)| bin.join("initdb").exists())
        .max()
        .map(|(_, bin)| bin)
        .ok_or_else(|| "no /usr/lib/postgresql/*/bin/initdb (Debian package postgresql)".into())
}

/// PostgreSQL listens a moment before it answers.
async fn postgres_admin(port: u16) -> PgConnection {
    let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
    let mut last = None;
    for _ in 0..200 {
        match PgConnection::connect(&url).await {
            Ok(connection) => return connection,
            Err(error) => last = Some(error),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("PostgreSQL listens on port {port} and does not answer: {last:?}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guarded::is_running;

    #[tokio::test]
    async fn each_test_has_a_postgres_database_of_its_own_in_c_collation() {
        let (first, second) = tokio::join!(postgres_url(), postgres_url());
        assert_ne!(first, second);
        let mut one = PgConnection::connect(&first).await.unwrap();
        let mut two = PgConnection::connect(&second).await.unwrap();
        sqlx::query("CREATE TABLE t (x TEXT)")
            .execute(&mut one)
            .await
            .unwrap();
        assert!(
            sqlx::query("SELECT x FROM t")
                .fetch_optional(&mut two)
                .await
                .is_err(),
            "the databases are one"
        );

        let (collation, encoding): (String, String) = sqlx::query_as(
            "SELECT datcollate, pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()",
        )
        .fetch_one(&mut one)
        .await
        .unwrap();
        assert_eq!((collation.as_str(), encoding.as_str()), ("C", "UTF8"));
    }

    #[tokio::test]
    async fn each_test_has_a_redis_database_of_its_own() {
        let (first, second) = (redis_url().await, redis_url().await);
        let connect = async |url: String| {
            redis::Client::open(url)
                .unwrap()
                .get_multiplexed_async_connection()
                .await
                .unwrap()
        };
        let (mut one, mut two) = (connect(first).await, connect(second).await);
        let _: () = redis::cmd("SET")
            .arg("k")
            .arg("梦")
            .query_async(&mut one)
            .await
            .unwrap();
        let there: Option<String> = redis::cmd("GET").arg("k").query_async(&mut one).await.unwrap();
        let elsewhere: Option<String> = redis::cmd("GET").arg("k").query_async(&mut two).await.unwrap();
        assert_eq!((there.as_deref(), elsewhere), (Some("梦"), None));
    }

    #[test]
    fn a_dropped_server_is_gone_with_its_folder() {
        let server = start_on_free_port(start_redis).unwrap();
        let (pid, dir) = (server.process.pid(), server.process.dir.clone());
        assert!(is_running(pid) && dir.exists());
        drop(server);
        assert!(!is_running(pid), "redis-server {pid} still runs");
        assert!(!dir.exists(), "{} is still there", dir.display());
    }

    #[test]
    fn a_server_that_cannot_start_says_why() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = start_redis(port)
            .and_then(|it| it.listening(port, PATIENCE))
            .err()
            .expect("the port is taken");
        assert!(error.contains("Address already in use"), "{error}");
    }

    #[test]
    fn a_port_is_handed_out_once() {
        let ports: Vec<u16> = (0..50).map(|_| free_port()).collect();
        assert_eq!(ports.iter().collect::<HashSet<_>>().len(), ports.len());
    }
}
