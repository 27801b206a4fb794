//! Child processes that cannot outlive the tests: however this process ends (a panic, Ctrl-C, `kill -9`), the
//! kernel closes its end of a pipe; a small shell at the other end then ends the server and removes its folder.
//! Destructors would not do: statics have none, and an interrupted test runs none.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// `$1` signal that ends the server, `$2` what to run first, the rest is the server's command line.
/// The server also gets the signal from the kernel should the shell itself be killed.
const GUARD: &str = r#"
dir=$(mktemp -d /tmp/yuanmeng-test.XXXXXX) && cd "$dir" || exit 1
echo "$dir"
signal=$1; prepare=$2; shift 2
export HOME="$dir" TMPDIR="$dir"
pid=
if (eval "$prepare") </dev/null >log 2>&1; then
    setpriv --pdeathsig "$signal" -- "$@" </dev/null >>log 2>&1 &
    pid=$!
fi
echo "${pid:-0}"
exec >/dev/null 2>&1
cat
cd /
if [ -n "$pid" ]; then
    family() { for child in $(cat /proc/"$1"/task/*/children); do echo "$child"; family "$child"; done; }
    family=$(family "$pid")
    kill -s "$signal" "$pid"
    wait "$pid"
    # A browser outlives its driver by a moment, and would write its profile anew.
    for _ in $(seq 50); do
        left=; for child in $family; do [ ! -e /proc/"$child" ] || left="$left $child"; done
        [ -n "$left" ] || break
        sleep 0.1
    done
    [ -z "$left" ] || kill -s KILL $left
fi
rm -rf "$dir"
"#;

/// What to run, and how.
pub struct Recipe<'a> {
    /// Account that root runs it as; anybody else runs it as themselves.
    pub user: Option<&'a str>,
    /// Shell commands before the start, in the server's own empty folder.
    pub prepare: &'a str,
    /// Signal that ends it in order, without `SIG`.
    pub signal: &'a str,
    /// The server's command line; the current folder is its own.
    pub command: &'a [String],
}

/// A running server with a folder of its own; dropped, or left behind, it ends and the folder goes.
pub struct Guarded {
    guard: Child,
    /// The server's folder; `log` in it has what the server printed.
    pub dir: PathBuf,
    pid: u32,
}

impl Guarded {
    /// Starts the server without waiting until it answers. Errors carry the server's own words.
    pub fn start(recipe: &Recipe) -> Result<Self, String> {
        let mut command = Command::new("setpriv");
        if let (Some(user), true) = (recipe.user, is_root()) {
            command.args([
                &format!("--reuid={user}"),
                &format!("--regid={user}"),
                "--clear-groups",
            ]);
        }
        let mut guard = command
            .args(["--", "sh", "-c", GUARD, "guard", recipe.signal, recipe.prepare])
            .args(recipe.command)
            .current_dir("/tmp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // A Ctrl-C in the terminal is for the tests; the guard must live on to clean up.
            .process_group(0)
            .spawn()
            .map_err(|error| format!("setpriv (Debian package util-linux): {error}"))?;
        let mut lines = BufReader::new(guard.stdout.take().expect("stdout is piped")).lines();
        let mut line = || lines.next().and_then(Result::ok).unwrap_or_default();
        let (dir, pid) = (PathBuf::from(line()), line().parse().unwrap_or(0));
        let guarded = Self { guard, dir, pid };
        if guarded.pid == 0 {
            Err(guarded.failure("its preparation failed"))
        } else {
            Ok(guarded)
        }
    }

    /// Waits until the server listens on the loopback `port`.
    pub fn listening(self, port: u16, patience: Duration) -> Result<Self, String> {
        let end = Instant::now() + patience;
        loop {
            if listens(self.pid, port) {
                return Ok(self);
            }
            if !self.is_alive() {
                return Err(self.failure("it ended at once"));
            }
            if Instant::now() > end {
                return Err(self.failure(&format!("it does not listen after {patience:?}")));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Process id of the server itself.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    fn is_alive(&self) -> bool {
        is_running(self.pid)
    }

    fn failure(&self, what: &str) -> String {
        let log = std::fs::read_to_string(self.dir.join("log")).unwrap_or_default();
        format!("{what}; it printed:\n{log}")
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

/// Whether the process is there and more than a zombie.
pub fn is_running(pid: u32) -> bool {
    // "pid (name) state …", and a name may hold anything. The command line would be no answer: it is empty for
    // zombies but also for a moment while a program is being loaded.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

/// Whether this very process listens on the port. A connection would not prove it: another process may have
/// taken the port a moment before.
fn listens(pid: u32, port: u16) -> bool {
    const LISTEN: &str = "0A";
    let sockets = std::fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    let Some(inode) = sockets.lines().find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let found = fields.get(1)?.ends_with(&format!(":{port:04X}")) && *fields.get(3)? == LISTEN;
        found.then(|| fields.get(9).copied()).flatten()
    }) else {
        return false;
    };
    let socket = PathBuf::from(format!("socket:[{inode}]"));
    let files = std::fs::read_dir(format!("/proc/{pid}/fd"))
        .into_iter()
        .flatten()
        .flatten();
    files
        .filter_map(|file| std::fs::read_link(file.path()).ok())
        .any(|target| target == socket)
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}
