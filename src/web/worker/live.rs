//! `GET /progress/events`: the signed-in worker's progress as server-sent events, so that the page moves by itself
//! . An event `stamp` holds what [`live`](crate::application::live) says; the page then loads itself anew.

use super::super::ctx::Ctx;
use crate::application::live::{HEARTBEAT, Hub};
use crate::error::Result;
use futures_util::StreamExt as _;
use poem::http::{HeaderValue, StatusCode, header};
use poem::web::Data;
use poem::web::sse::{Event, SSE};
use poem::{IntoResponse as _, Response, handler};

/// `GET /progress/events`
#[handler]
pub async fn events(ctx: Ctx, Data(hub): Data<&Hub>) -> Result<Response> {
    let worker_id = ctx.worker()?;
    let Some(stamps) = hub.stamps_of_latest(&worker_id) else {
        // The page then asks every few seconds instead.
        return Ok(StatusCode::TOO_MANY_REQUESTS.into_response());
    };
    let events = stamps.map(|stamp| Event::message(stamp).event_type("stamp"));
    let mut response = SSE::new(events).keep_alive(HEARTBEAT).into_response();
    // A proxy may not keep or compress it.
    let headers = response.headers_mut();
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("no-store, no-transform"),
    );
    Ok(response)
}
