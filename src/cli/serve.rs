//! `yuanmeng serve`: requests and loops until told to stop, then a tidy end.

use crate::app::App;
use crate::{api, background, web};
use anyhow::Context as _;
use poem::listener::TcpAcceptor;
use std::time::Duration;
use tokio::net::TcpListener;

/// Requests under way get this long to finish.
const FINISH: Duration = Duration::from_secs(15);

/// Serves until SIGINT or SIGTERM.
pub async fn run(app: App) -> anyhow::Result<()> {
    let listen = app.config.http.listen;
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen} (YUANMENG_LISTEN)"))?;
    tracing::info!(%listen, public_url = app.config.http.public_url, "ready");
    stop_on_signal(&app);
    until_stopped(app, listener).await
}

/// Cancels the application's token on SIGINT or SIGTERM.
pub fn stop_on_signal(app: &App) {
    let stop = app.stop.clone();
    tokio::spawn(async move {
        signal().await;
        tracing::info!("stopping");
        stop.cancel();
    });
}

async fn signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Serves on a listener until the application's token is cancelled: finishes requests, ends the loops (which hand
/// back their claims), closes the database.
pub async fn until_stopped(app: App, listener: TcpListener) -> anyhow::Result<()> {
    let acceptor = TcpAcceptor::from_tokio(listener)?;
    let mut loops = background::start(&app);
    let stop = app.stop.clone();
    let served = poem::Server::new_with_acceptor(acceptor)
        .run_with_graceful_shutdown(
            web::routes(app.clone(), api::routes()),
            async move { stop.cancelled().await },
            Some(FINISH),
        )
        .await;
    app.stop.cancel();
    while loops.join_next().await.is_some() {}
    app.db.close().await;
    served.context("serving HTTP")
}
