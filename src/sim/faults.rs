//! Failing on demand: `POST /sim/faults`, and the layer in front of every path that counts and fails.

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream;
use poem::http::StatusCode;
use poem::web::{Data, Json};
use poem::{Body, Endpoint, IntoResponse, Request, Response, handler};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Sim;
use super::api::{self, ControlResult};
use super::error::{ControlError, WxError};
use super::pay;

/// What shall go wrong, and how often.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fault {
    path: String,
    #[serde(default = "once")]
    times: u32,
    errcode: Option<i64>,
    errmsg: Option<String>,
    /// WeChat Pay's code, for paths of `/v3/` (a number in the path is written `*`); with `http_status`, else 500.
    code: Option<String>,
    http_status: Option<u16>,
    delay_ms: Option<u64>,
    drop: Option<Cut>,
    job_status: Option<String>,
}

fn once() -> u32 {
    1
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(untagged)]
enum Cut {
    Plain(bool),
    At(CutAt),
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum CutAt {
    Before,
    After,
}

impl Fault {
    fn cut(&self) -> Option<CutAt> {
        match self.drop? {
            Cut::Plain(true) => Some(CutAt::Before),
            Cut::Plain(false) => None,
            Cut::At(at) => Some(at),
        }
    }

    fn check(&self) -> Result<(), ControlError> {
        let bad = |message| Err(ControlError::bad("bad_fault", message));
        if !is_counted(&self.path) {
            return bad("path 须是微信接口的路径，或 /sim/sms");
        }
        if self.times == 0 {
            return bad("times 至少为 1");
        }
        if self
            .http_status
            .is_some_and(|s| StatusCode::from_u16(s).is_err() || s < 200)
        {
            return bad("http_status 须在 200 到 999 之间");
        }
        let does = self.errcode.is_some()
            || self.code.is_some()
            || self.http_status.is_some()
            || self.delay_ms.is_some()
            || self.cut().is_some()
            || self.job_status.is_some();
        if does {
            Ok(())
        } else {
            bad("没有说明要怎样出错：errcode、http_status、delay_ms、drop、job_status")
        }
    }
}

/// Given to the template interface by a fault with `job_status`.
#[derive(Clone)]
pub(super) struct JobStatus(pub String);

/// The paths of WeChat and the SMS gateway: not the phones' pages, not the control API.
fn is_counted(path: &str) -> bool {
    is_wechat(path) || path == "/sim/sms"
}

pub(super) fn is_wechat(path: &str) -> bool {
    let roots = ["/cgi-bin/", "/connect/", "/sns/", "/wxa/", "/v3/"];
    roots.iter().any(|root| path.starts_with(root))
}

impl Sim {
    fn take_quota(&self, path: &str) -> Result<(), WxError> {
        let mut state = self.state();
        let now = state.now_ms();
        state.quotas.take(path, now)
    }

    fn take_fault(&self, path: &str) -> Option<Fault> {
        let mut state = self.state();
        *state.stats.calls.entry(path.to_owned()).or_default() += 1;
        let at = state.faults.iter().position(|f| f.path == path)?;
        let fault = &mut state.faults[at];
        fault.times -= 1;
        let taken = fault.clone();
        if taken.times == 0 {
            state.faults.remove(at);
        }
        Some(taken)
    }
}

/// The layer: counts the call, and lets it fail if a fault waits for it.
pub(super) async fn layer<E: Endpoint>(
    sim: Sim,
    next: Arc<E>,
    mut request: Request,
) -> poem::Result<Response> {
    let path = pay::counted(request.uri().path());
    if !is_counted(&path) {
        return next.call(request).await.map(IntoResponse::into_response);
    }
    let Some(fault) = sim.take_fault(&path) else {
        sim.take_quota(&path)?;
        return next.call(request).await.map(IntoResponse::into_response);
    };
    if let Some(ms) = fault.delay_ms {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
    if fault.cut() == Some(CutAt::Before) {
        return Ok(cut());
    }
    if let Some(code) = &fault.code {
        let message = fault.errmsg.as_deref().unwrap_or("simulated");
        return Ok(pay::refusal(fault.http_status.unwrap_or(500), code, message));
    }
    if let Some(status) = fault.http_status.and_then(|s| StatusCode::from_u16(s).ok()) {
        return Ok("模拟的故障".with_status(status).into_response());
    }
    if let Some(code) = fault.errcode {
        return Err(WxError::new(code, fault.errmsg.unwrap_or_else(|| "simulated".to_owned())).into());
    }
    sim.take_quota(&path)?;
    if let Some(status) = fault.job_status.clone() {
        request.set_data(JobStatus(status));
    }
    let answer = next.call(request).await.map(IntoResponse::into_response);
    if fault.cut() == Some(CutAt::After) {
        Ok(cut())
    } else {
        answer
    }
}

/// A body that promises more than comes, and then fails: the server closes the connection under the client.
fn cut() -> Response {
    let broken = stream::iter([Err::<Vec<u8>, _>(std::io::Error::other("simulated"))]);
    Response::builder()
        .header("content-length", "1024")
        .content_type("application/json")
        .body(Body::from_bytes_stream(broken))
}

#[handler]
pub(super) async fn add(sim: Data<&Sim>, body: Body) -> ControlResult {
    let fault: Fault = api::control_body(body).await?;
    fault.check()?;
    sim.state().faults.push(fault);
    Ok(Json(json!({ "ok": true })))
}

#[handler]
pub(super) fn list(sim: Data<&Sim>) -> Json<Value> {
    Json(json!({ "faults": sim.state().faults }))
}

#[handler]
pub(super) fn clear(sim: Data<&Sim>) -> Json<Value> {
    sim.state().faults.clear();
    Json(json!({ "ok": true }))
}
