//! The command line as an operator uses it: exit codes 0 / 1 / 2, words that say what to do.

use crate::services;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

struct Cli {
    dir: tempfile::TempDir,
    env: Vec<(&'static str, String)>,
}

impl Cli {
    /// Production's settings over an empty SQLite, WeChat out of reach.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let nowhere = format!("http://127.0.0.1:{}", services::free_port());
        let env = vec![
            ("YUANMENG_DATA_DIR", dir.path().display().to_string()),
            ("YUANMENG_PUBLIC_URL", "https://zgjy.example.org.cn".to_owned()),
            ("YUANMENG_SECRET_KEY", KEY.to_owned()),
            ("WECHAT_APP_ID", "wx1".to_owned()),
            ("WECHAT_APP_SECRET", "secret-of-the-account".to_owned()),
            ("WECHAT_TOKEN", "token".to_owned()),
            (
                "WECHAT_ENCODING_AES_KEY",
                "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG".to_owned(),
            ),
            ("WECHAT_API_BASE", nowhere),
            ("SMS_PROVIDER", "log".to_owned()),
        ];
        Cli { dir, env }
    }

    fn without(mut self, name: &str) -> Self {
        self.env.retain(|(n, _)| *n != name);
        self
    }

    fn run(&self, args: &[&str], input: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_yuanmeng"));
        command
            .args(args)
            .env_clear()
            .envs(self.env.iter().cloned())
            .current_dir(env!("CARGO_MANIFEST_DIR"));
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }
}

fn told(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// architecture.md: "`serve` refuses to start on a missing secret, naming the variable"; exit code 2.
#[test]
fn serve_names_a_missing_secret() {
    for name in ["YUANMENG_SECRET_KEY", "WECHAT_APP_SECRET", "WECHAT_TOKEN"] {
        let output = Cli::new().without(name).run(&["serve"], "");
        assert_eq!(output.status.code(), Some(2));
        assert!(
            told(&output).contains(name) && told(&output).contains("for example"),
            "{}",
            told(&output)
        );
    }
}

#[test]
fn help_explains_each_command_and_nonsense_is_bad_usage() {
    let cli = Cli::new();
    let help = cli.run(&["--help"], "");
    assert_eq!(help.status.code(), Some(0));
    for command in ["demo", "serve", "migrate", "menu", "officer", "import"] {
        assert!(told(&help).contains(command), "{command}");
    }
    assert_eq!(cli.run(&["fly"], "").status.code(), Some(2));
}

/// R-36: the menu in the repository passes; a wrong one is told by item; WeChat out of reach is exit code 1 and
/// shows no secret.
#[test]
fn the_menu_is_checked_and_pushed() {
    let cli = Cli::new();
    assert_eq!(cli.run(&["menu", "check"], "").status.code(), Some(0));
    let wrong = cli.dir.path().join("menu.json");
    std::fs::write(
        &wrong,
        r#"{"button":[{"type":"view","name":"这个名字实在太长了超过限制","url":"https://a"}]}"#,
    )
    .unwrap();
    let output = cli.run(&["menu", "check", "--file", wrong.to_str().unwrap()], "");
    assert_eq!(output.status.code(), Some(2));
    assert!(told(&output).contains("这个名字"), "{}", told(&output));
    let push = cli.run(&["menu", "push"], "");
    assert_eq!(push.status.code(), Some(1), "{}", told(&push));
    assert!(!told(&push).contains("secret-of-the-account"));
}

/// R-8, R-19, R-26: an operator brings a season in and makes the first officers.
#[test]
fn a_season_and_its_officers_are_brought_in() {
    let cli = Cli::new();
    assert_eq!(cli.run(&["migrate"], "").status.code(), Some(0));
    let quotas = ["import", "quotas", "assets/data/quota-2021.csv", "--year", "2026"];
    let output = cli.run(&quotas, "");
    assert!(
        output.status.success() && told(&output).contains("55 unions, 3245 places"),
        "{}",
        told(&output)
    );
    assert_eq!(
        cli.run(&quotas, "").status.code(),
        Some(1),
        "a year has one campaign"
    );

    let wrong = cli.dir.path().join("wrong.csv");
    std::fs::write(&wrong, "no,union,quota\n1,甲,many\n2,甲,-1\n").unwrap();
    let output = cli.run(
        &["import", "quotas", wrong.to_str().unwrap(), "--year", "2027"],
        "",
    );
    assert_eq!(output.status.code(), Some(2));
    assert!(
        told(&output).contains("第 2 行") && told(&output).contains("第 3 行"),
        "{}",
        told(&output)
    );

    let add = |under: &'static str| ["union", "add", "--under", under, "--name", "崮云湖街道总工会"];
    assert!(cli.run(&add("长清区总工会"), "").status.success());
    for wrong in ["长清区总工会", "没有这个工会", "济南市总工会"] {
        assert_eq!(
            cli.run(&add(wrong), "").status.code(),
            Some(2),
            "{wrong}: twice, unknown, or not a place for it"
        );
    }

    let create = |phone: &'static str, union: &'static str| {
        [
            "officer", "create", "--union", union, "--name", "张敏", "--phone", phone, "--role", "reviewer",
        ]
    };
    let output = cli.run(&create("13900139001", "长清区总工会"), "a-good-password\n");
    assert!(output.status.success(), "{}", told(&output));
    assert!(!told(&output).contains("a-good-password"));
    assert_eq!(
        cli.run(&create("13900139001", "长清区总工会"), "a-good-password\n")
            .status
            .code(),
        Some(2),
        "taken"
    );
    let street = cli.run(
        &create("13900139003", "长清区总工会/崮云湖街道总工会"),
        "a-good-password\n",
    );
    assert!(street.status.success(), "{}", told(&street));
    assert_eq!(
        cli.run(&create("13900139002", "没有这个工会"), "a-good-password\n")
            .status
            .code(),
        Some(2)
    );
    assert_eq!(
        cli.run(&create("13900139002", "济南市职工文化事业发展中心"), "short\n")
            .status
            .code(),
        Some(2)
    );
    assert!(
        cli.run(
            &create("13900139002", "济南市职工文化事业发展中心"),
            "a-good-password\n"
        )
        .status
        .success()
    );
}

/// R-31: `audit verify` is 0 while the trail is whole, 1 with each finding named once it is not; a head that was printed is
/// asked for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_audit_trail_is_verified() {
    let cli = Cli::new();
    let quotas = ["import", "quotas", "assets/data/quota-2021.csv", "--year", "2026"];
    assert!(cli.run(&quotas, "").status.success());
    let fresh = cli.run(&["audit", "verify"], "");
    assert!(
        fresh.status.success() && told(&fresh).contains("0 lines sealed"),
        "{}",
        told(&fresh)
    );
    let head = cli.run(&["audit", "head"], "");
    let head = String::from_utf8_lossy(&head.stdout).trim().to_owned();
    let (seq, hash) = head.split_once(':').unwrap();
    assert!(seq.parse::<i64>().unwrap() > 50 && hash.len() == 64, "{head}");
    let whole = cli.run(&["audit", "verify", "--head", &head], "");
    assert!(
        whole.status.success() && told(&whole).contains(&format!("head {head}")),
        "{}",
        told(&whole)
    );
    let nonsense = cli.run(&["audit", "verify", "--head", "soon"], "");
    assert_eq!(nonsense.status.code(), Some(2));
    let other = format!("{seq}:{}", "a".repeat(64));
    assert_eq!(
        cli.run(&["audit", "verify", "--head", &other], "").status.code(),
        Some(1)
    );

    let file = format!("sqlite://{}/yuanmeng.db", cli.dir.path().display());
    let db = yuanmeng::db::Db::open(&file).await.unwrap();
    let mut tx = db.write().await.unwrap();
    let sql = "UPDATE audit SET detail = '{}' WHERE id = (SELECT audit_id FROM audit_chain WHERE seq = 7)";
    sqlx::query(sql).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    db.close().await;
    let broken = cli.run(&["audit", "verify"], "");
    assert_eq!(broken.status.code(), Some(1));
    assert!(
        told(&broken).contains("#7 ") && told(&broken).contains("altered: detail"),
        "{}",
        told(&broken)
    );
}
