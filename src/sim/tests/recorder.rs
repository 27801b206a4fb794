//! An account's server that only writes down what comes, and answers `success` or what it is told.

use super::*;

pub(super) struct Recorder {
    pub url: String,
    bodies: Arc<Mutex<Vec<(String, String)>>>,
    answers: Arc<Mutex<VecDeque<String>>>,
    _stop: DropGuard,
}

#[derive(Clone)]
struct Shared {
    bodies: Arc<Mutex<Vec<(String, String)>>>,
    answers: Arc<Mutex<VecDeque<String>>>,
}

#[handler]
async fn record(shared: Data<&Shared>, request: &Request, body: String) -> String {
    let kind = request.header("content-type").unwrap_or_default().to_owned();
    shared.bodies.lock().unwrap().push((kind, body));
    let answer = shared.answers.lock().unwrap().pop_front();
    answer.unwrap_or_else(|| "success".to_owned())
}

impl Recorder {
    pub async fn start() -> Recorder {
        let shared = Shared {
            bodies: Arc::default(),
            answers: Arc::default(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/callback", listener.local_addr().unwrap());
        let app = Route::new()
            .at("/callback", post(record))
            .with(AddData::new(shared.clone()));
        let stop = CancellationToken::new();
        let (acceptor, ended) = (TcpAcceptor::from_tokio(listener).unwrap(), stop.clone());
        tokio::spawn(async move {
            let signal = async move { ended.cancelled().await };
            Server::new_with_acceptor(acceptor)
                .run_with_graceful_shutdown(app, signal, Some(Duration::ZERO))
                .await
        });
        Recorder {
            url,
            bodies: shared.bodies,
            answers: shared.answers,
            _stop: stop.drop_guard(),
        }
    }

    pub fn answer(&self, text: impl Into<String>) {
        self.answers.lock().unwrap().push_back(text.into());
    }

    pub fn seen(&self) -> Vec<(String, String)> {
        self.bodies.lock().unwrap().clone()
    }

    pub fn bodies(&self) -> Vec<String> {
        self.seen().into_iter().map(|(_, body)| body).collect()
    }

    /// Waits (at most 5 s) until `n` callbacks came.
    pub async fn at_least(&self, n: usize) -> Vec<String> {
        for _ in 0..500 {
            if self.seen().len() >= n {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let bodies = self.bodies();
        assert!(bodies.len() >= n, "only {} callbacks", bodies.len());
        bodies
    }
}

/// A simulator in plain mode whose callbacks are recorded.
pub(super) async fn recorded() -> (World, Recorder) {
    recorded_in(Mode::Plain).await
}

pub(super) async fn recorded_in(mode: Mode) -> (World, Recorder) {
    let (world, recorder) = (world_in(mode).await, Recorder::start().await);
    world.sim.set_callback_url(recorder.url.clone());
    (world, recorder)
}

/// The content of an element of an XML body, without its CDATA marks.
#[track_caller]
pub(super) fn element<'a>(body: &'a str, name: &str) -> &'a str {
    let (_, rest) = body
        .split_once(&format!("<{name}>"))
        .unwrap_or_else(|| panic!("{name} in {body}"));
    let (inner, _) = rest.split_once(&format!("</{name}>")).unwrap();
    inner
        .strip_prefix("<![CDATA[")
        .and_then(|inner| inner.strip_suffix("]]>"))
        .unwrap_or(inner)
}
