//! Around every request: an id, one log line, the counters. Paths are logged without their query, and only
//! their first two segments: ids of people's files are nobody's business in a log.

use crate::app::App;
use poem::http::HeaderValue;
use poem::{Endpoint, IntoResponse, Request, Response, Result};
use std::sync::Arc;
use std::time::Instant;
use tracing::Instrument as _;

/// Gives the request an id (also in `x-request-id`) and records how it went.
pub async fn request<E: Endpoint + 'static>(next: Arc<E>, req: Request) -> Result<Response> {
    let Some(app) = req.data::<App>().cloned() else {
        return next.call(req).await.map(IntoResponse::into_response);
    };
    let id = app.id();
    let area = area_of(req.uri().path());
    let span = tracing::info_span!("request", id = %id, method = %req.method(), area);
    let started = Instant::now();
    let mut response = async {
        match next.call(req).await {
            Ok(response) => response.into_response(),
            Err(error) => error.into_response(),
        }
    }
    .instrument(span.clone())
    .await;
    let took = started.elapsed();
    let status = response.status();
    app.metrics
        .requests
        .with_label_values(&[area, class_of(status.as_u16())])
        .inc();
    app.metrics
        .seconds
        .with_label_values(&[area])
        .observe(took.as_secs_f64());
    if !matches!(area, "assets" | "healthz" | "readyz" | "metrics") {
        span.in_scope(|| tracing::info!(status = status.as_u16(), ms = took.as_millis() as u64, "done"));
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    Ok(response)
}

/// The first segment of a known path; everything else is one area, so that strangers cannot make labels.
fn area_of(path: &str) -> &'static str {
    const AREAS: &[&str] = &[
        "wechat", "apply", "progress", "office", "policies", "stations", "enrol", "courses", "assets", "api",
        "app", "sign-in", "sign-up", "me", "sms", "slider", "healthz", "readyz", "metrics",
    ];
    let first = path.trim_start_matches('/').split('/').next().unwrap_or("");
    AREAS
        .iter()
        .find(|area| **area == first)
        .copied()
        .unwrap_or(if first.is_empty() { "home" } else { "other" })
}

fn class_of(status: u16) -> &'static str {
    match status / 100 {
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        5 => "5xx",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_one_of_few_areas() {
        assert_eq!(area_of("/"), "home");
        assert_eq!(area_of("/apply/form"), "apply");
        assert_eq!(area_of("/13800138001"), "other");
        assert_eq!(
            area_of("/apply/handoff/t0k3n"),
            "apply",
            "a hand-off's token is in no log"
        );
    }
}
