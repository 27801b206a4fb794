//! A whole yuanmeng for one test: real server, real stores, the simulated WeChat beside it.

use reqwest::redirect::Policy;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use yuanmeng::app::App;
use yuanmeng::cli::{demo, menu, seed, serve};
use yuanmeng::clock::Clock;
use yuanmeng::config::{Config, Purpose};
use yuanmeng::kernel::Time;
use yuanmeng::sim::{Sim, openid_of};

use crate::{base, services};

/// The two pairs of stores that everything has to run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pair {
    SqliteMemory,
    PostgresRedis,
}

/// Who sets one of these begins with empty stores and seeds them.
const STORES: [&str; 3] = ["DATABASE_URL", "YUANMENG_DATA_DIR", "YUANMENG_SECRET_KEY"];

/// Defines a test on both pairs: the body takes a running [`TestApp`]. It lives at the present moment, or `at` one of its own
/// (with whole paths: nothing is imported there).
#[macro_export]
macro_rules! on_both_stores {
    ($(#[$meta:meta])* $name:ident) => {
        $crate::on_both_stores! { $(#[$meta])* $name, at $crate::app::present() }
    };
    ($(#[$meta:meta])* $name:ident, at $start:expr) => {
        $(#[$meta])*
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite_and_memory() {
                let app = $crate::app::TestApp::start_with($crate::app::Pair::SqliteMemory, $start, &[]).await;
                super::$name(&app).await;
                app.stop().await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres_and_redis() {
                let app = $crate::app::TestApp::start_with($crate::app::Pair::PostgresRedis, $start, &[]).await;
                super::$name(&app).await;
                app.stop().await;
            }
        }
    };
}

/// The machine's time.
pub fn present() -> Time {
    Time(chrono::Utc::now().timestamp_millis())
}

/// A running application with the demo's data.
pub struct TestApp {
    /// The application's own means, for looking inside.
    pub app: App,
    /// Where it serves.
    pub url: String,
    /// Where the simulated WeChat serves.
    pub sim_url: String,
    /// An HTTP client without cookies that follows no redirect.
    pub http: reqwest::Client,
    /// The simulator.
    pub sim: Sim,
    /// The environment it was started with, to start a second process on the same stores.
    pub env: Vec<(String, String)>,
    dir: tempfile::TempDir,
    served: JoinHandle<anyhow::Result<()>>,
    simulated: JoinHandle<std::io::Result<()>>,
    stop_sim: tokio_util::sync::CancellationToken,
}

impl TestApp {
    /// Starts one that lives at the present moment.
    pub async fn start(pair: Pair) -> Self {
        Self::start_with(pair, present(), &[]).await
    }

    /// Starts one at another moment (its clock can be advanced), with some settings of its own.
    pub async fn start_with(pair: Pair, now: Time, settings: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let sim_listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (listen, sim_listen) = (listener.local_addr().unwrap(), sim_listener.local_addr().unwrap());
        let mut env: Vec<(String, String)> = vec![
            ("YUANMENG_DATA_DIR".to_owned(), dir.path().display().to_string()),
            ("YUANMENG_LISTEN".to_owned(), listen.to_string()),
            ("SIM_LISTEN".to_owned(), sim_listen.to_string()),
            // The simulator's callbacks carry the machine's time, whatever the test's clock says.
            ("WECHAT_CALLBACK_TOLERANCE_S".to_owned(), "0".to_owned()),
        ];
        env.extend(
            demo::pay_settings()
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value)),
        );
        env.push(("WECHAT_PAY_API_BASE".to_owned(), format!("http://{sim_listen}")));
        let url = match settings.iter().any(|(name, _)| STORES.contains(name)) {
            false => base::lay_out(pair, now, dir.path()).await,
            true if pair == Pair::PostgresRedis => Some(services::postgres_url().await),
            true => None,
        };
        env.extend(url.map(|url| ("DATABASE_URL".to_owned(), url)));
        if pair == Pair::PostgresRedis {
            env.push(("REDIS_URL".to_owned(), services::redis_url().await));
        }
        env.extend(
            settings
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_string())),
        );
        let read = |name: &str| {
            env.iter()
                .rev()
                .find(|(n, _)| n == name)
                .map(|(_, value)| value.clone())
        };
        let config = Config::read(&read, Purpose::Demo).expect("the test's settings");
        let app = App::open(config, Clock::starting_at(now))
            .await
            .expect("the stores");
        seed::fill(&app, openid_of).await.expect("the demo's data");
        let sim = demo::simulator(&app);
        let stop_sim = tokio_util::sync::CancellationToken::new();
        let simulated = tokio::spawn(sim.clone().serve(sim_listener, stop_sim.clone()));
        let source = menu::Source::embedded(&app.config.http.public_url).expect("the menu's file");
        menu::push(&app.wechat, &source).await.expect("pushing the menu");
        let served = tokio::spawn(serve::until_stopped(app.clone(), listener));
        let http = reqwest::Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .build()
            .expect("a client");
        TestApp {
            url: format!("http://{listen}"),
            sim_url: format!("http://{sim_listen}"),
            app,
            http,
            sim,
            env,
            dir,
            served,
            simulated,
            stop_sim,
        }
    }

    /// Stops the application as a signal does, then the simulator.
    pub async fn stop(self) {
        self.app.stop.cancel();
        self.served.await.expect("the server's task").expect("a tidy end");
        self.stop_sim.cancel();
        self.simulated
            .await
            .expect("the simulator's task")
            .expect("a tidy end");
        drop(self.dir);
    }

    /// A call of the simulator's control API.
    pub async fn sim_post(&self, path: &str, body: Value) -> Value {
        let answer = self
            .http
            .post(format!("{}{path}", self.sim_url))
            .json(&body)
            .send()
            .await
            .expect("the simulator");
        answer.json().await.expect("JSON")
    }

    /// A look at the simulator.
    pub async fn sim_get(&self, path: &str) -> Value {
        let answer = self
            .http
            .get(format!("{}{path}", self.sim_url))
            .send()
            .await
            .expect("the simulator");
        answer.json().await.expect("JSON")
    }

    /// Follows the account.
    pub async fn follow(&self, user: &str) {
        self.sim_post("/sim/follow", json!({ "user": user })).await;
    }

    /// The text messages to a number, oldest first.
    pub async fn sms(&self, phone: &str) -> Vec<String> {
        let inbox = self.sim_get(&format!("/sim/inbox?phone={phone}")).await;
        let items = inbox["items"].as_array().cloned().unwrap_or_default();
        items
            .iter()
            .filter(|i| i["kind"] == "sms")
            .filter_map(|i| i["text"].as_str().map(str::to_owned))
            .collect()
    }

    /// The template messages a user has got, each as its fields' values joined by a bar.
    pub async fn templates(&self, user: &str) -> Vec<String> {
        let inbox = self.sim_get(&format!("/sim/inbox?user={user}")).await;
        let items = inbox["items"].as_array().cloned().unwrap_or_default();
        let fields = |item: &Value| {
            let fields = item["fields"].as_array().cloned().unwrap_or_default();
            fields
                .iter()
                .filter_map(|f| f["value"].as_str().map(str::to_owned))
                .collect::<Vec<_>>()
                .join("|")
        };
        items
            .iter()
            .filter(|i| i["kind"] == "template")
            .map(fields)
            .collect()
    }

    /// Waits until the outbox is empty.
    pub async fn settle(&self) {
        for _ in 0..200 {
            if yuanmeng::outbox::waiting(&self.app.db).await.expect("the outbox") == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the outbox did not become empty within 10 s");
    }
}
