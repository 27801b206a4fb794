//! For the operator: is the process alive, can it work, what does it count.

use crate::app::App;
use poem::http::{StatusCode, header};
use poem::web::Data;
use poem::{Response, handler};

/// `GET /healthz`: the process answers.
#[handler]
pub fn healthz() -> &'static str {
    "ok"
}

/// `GET /readyz`: database, cache and files answer; 503 names the one that does not.
#[handler]
pub async fn readyz(Data(app): Data<&App>) -> Response {
    let mut down = Vec::new();
    if let Err(error) = app.db.ping().await {
        tracing::error!(%error, "database is not ready");
        down.push("database");
    }
    if let Err(error) = app.cache.ping().await {
        tracing::error!(error = format!("{error:#}"), "cache is not ready");
        down.push("cache");
    }
    if let Err(error) = app.files.check().await {
        tracing::error!(error = format!("{error:#}"), "files are not ready");
        down.push("files");
    }
    match (down.is_empty(), app.stop.is_cancelled()) {
        (true, false) => Response::builder().body("ready"),
        (true, true) => Response::builder()
            .status(StatusCode::SERVICE_UNAVAILABLE)
            .body("stopping"),
        (false, _) => Response::builder()
            .status(StatusCode::SERVICE_UNAVAILABLE)
            .body(format!("not ready: {}", down.join(", "))),
    }
}

/// `GET /metrics`: Prometheus' text format. Keep it off the public address in the proxy.
#[handler]
pub async fn metrics(Data(app): Data<&App>) -> poem::Result<Response> {
    if let Ok(waiting) = crate::outbox::waiting(&app.db).await {
        app.metrics.outbox_waiting.set(waiting);
    }
    let text = app.metrics.text().map_err(poem::error::InternalServerError)?;
    Ok(Response::builder()
        .header(header::CONTENT_TYPE, "text/plain; version=0.0.4")
        .body(text))
}
