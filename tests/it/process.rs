//! The real binary as processes of its own: as in production, on the stores of a test, and killed like there.

use crate::guarded::{Guarded, Recipe, is_running};
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// The settings of `yuanmeng serve` for the stores and the simulator of a test's environment: the demo's account,
/// the demo's key.
pub fn production(env: &[(String, String)]) -> Vec<(String, String)> {
    let of = |name: &str| {
        let found = env.iter().rev().find(|(n, _)| n == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let key = std::fs::read_to_string(Path::new(&of("YUANMENG_DATA_DIR")).join("demo-secret-key"));
    let sim = format!("http://{}", of("SIM_LISTEN"));
    let mut settings = env.to_vec();
    let mut set = |name: &str, value: String| settings.push((name.to_owned(), value));
    set("YUANMENG_PUBLIC_URL", format!("http://{}", of("YUANMENG_LISTEN")));
    set("YUANMENG_SECRET_KEY", key.expect("the demo's key"));
    set("WECHAT_APP_ID", "wx00000000000demo1".to_owned());
    set("WECHAT_APP_SECRET", "demo-app-secret".to_owned());
    set("WECHAT_TOKEN", "demotoken".to_owned());
    set(
        "WECHAT_ENCODING_AES_KEY",
        yuanmeng::config::DEMO_AES_KEY.to_owned(),
    );
    set(
        "WECHAT_TEMPLATES",
        "progress=demo-progress,work=demo-work".to_owned(),
    );
    set("WECHAT_API_BASE", sim.clone());
    set("WECHAT_OPEN_BASE", sim.clone());
    set("SMS_PROVIDER", "http".to_owned());
    set("SMS_URL", format!("{sim}/sim/sms"));
    settings
}

/// `yuanmeng <command>` in the background; ends with the test at the latest. What it printed is in `log`.
pub fn start(command: &str, env: &[(String, String)]) -> Guarded {
    let settings = env.iter().map(|(name, value)| format!("{name}={value}"));
    let command: Vec<String> = ["env".to_owned()]
        .into_iter()
        .chain(settings)
        .chain([env!("CARGO_BIN_EXE_yuanmeng").to_owned(), command.to_owned()])
        .collect();
    Guarded::start(&Recipe {
        user: None,
        prepare: "",
        signal: "KILL",
        command: &command,
    })
    .expect("the binary starts")
}

/// `yuanmeng <command>` until it ends.
pub fn run(command: &str, env: &[(String, String)]) -> Output {
    let mut process = Command::new(env!("CARGO_BIN_EXE_yuanmeng"));
    process.arg(command).envs(env.iter().cloned());
    process.output().expect("the binary runs")
}

/// Sends a signal (without `SIG`) to a process of the test's own.
pub fn signal(process: &Guarded, signal: &str) {
    let sent = Command::new("kill")
        .args(["-s", signal, &process.pid().to_string()])
        .status();
    assert!(sent.expect("kill(1)").success(), "{signal} was not sent");
}

/// SIGKILL, and waits until the process is gone.
pub fn kill(process: Guarded) {
    signal(&process, "KILL");
    wait_for_end(&process);
}

/// Waits until the process has ended.
pub fn wait_for_end(process: &Guarded) {
    let end = Instant::now() + Duration::from_secs(30);
    while is_running(process.pid()) {
        assert!(Instant::now() < end, "process {} does not end", process.pid());
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What the process printed.
pub fn log(process: &Guarded) -> String {
    std::fs::read_to_string(process.dir.join("log")).unwrap_or_default()
}
