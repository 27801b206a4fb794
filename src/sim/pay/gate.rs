//! Every call of `/v3/…`: its signature verified, then handled, the answer signed.

use std::collections::HashMap;

use poem::http::{HeaderName, HeaderValue, StatusCode};
use poem::web::Data;
use poem::{Body, Request, Response, handler};
use serde_json::{Value, json};

use crate::sim::Sim;
use crate::wechat::pay::headers::{SCHEME, TOLERANCE_S, answer_message, request_message};

use super::keys::SimMerchant;
use super::{bill, orders, refunds};

/// WeChat Pay's way to refuse.
#[derive(Debug)]
pub(super) struct V3Error {
    pub status: u16,
    pub code: String,
    pub message: String,
}

impl V3Error {
    pub fn new(status: u16, code: &str, message: &str) -> V3Error {
        V3Error {
            status,
            code: code.to_owned(),
            message: message.to_owned(),
        }
    }

    pub fn param(message: &str) -> V3Error {
        V3Error::new(400, "PARAM_ERROR", message)
    }

    fn sign(message: &str) -> V3Error {
        V3Error::new(401, "SIGN_ERROR", message)
    }
}

/// What a handler gives.
pub(super) enum Answer {
    Json(Value),
    /// 204.
    Nothing,
    /// A file; not signed, as WeChat Pay's are not.
    File(String),
}

pub(super) type V3Result = Result<Answer, V3Error>;

/// A request that the merchant signed.
pub(super) struct Call<'a> {
    pub sim: &'a Sim,
    pub merchant: &'a SimMerchant,
    pub query: HashMap<String, String>,
    pub body: &'a str,
    /// `http://host` under which the simulator was called.
    pub origin: String,
}

impl Call<'_> {
    pub fn json(&self) -> Result<Value, V3Error> {
        serde_json::from_str(self.body).map_err(|_| V3Error::param("请求体不是 JSON"))
    }
}

/// Interfaces whose path carries a number are counted, and fail, as one.
pub(in crate::sim) fn counted(path: &str) -> String {
    const BEFORE: [&str; 3] = [
        "/v3/pay/transactions/out-trade-no/",
        "/v3/pay/transactions/id/",
        "/v3/refund/domestic/refunds/",
    ];
    match BEFORE
        .iter()
        .find_map(|before| path.strip_prefix(before).map(|rest| (before, rest)))
    {
        Some((before, rest)) => {
            let tail = rest
                .split_once('/')
                .map_or(String::new(), |(_, tail)| format!("/{tail}"));
            format!("{before}*{tail}")
        }
        None => path.to_owned(),
    }
}

/// An unsigned refusal, as gateways give it.
pub(in crate::sim) fn refusal(status: u16, code: &str, message: &str) -> Response {
    let body = json!({ "code": code, "message": message }).to_string();
    Response::builder()
        .status(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
        .content_type("application/json; charset=utf-8")
        .body(body)
}

#[handler]
pub(in crate::sim) async fn v3(sim: Data<&Sim>, request: &Request, body: Body) -> Response {
    let Some(merchant) = sim.merchant() else {
        return refusal(403, "NO_AUTH", "没有设置商户");
    };
    let Ok(body) = body.into_bytes_limit(256 * 1024).await else {
        return refusal(400, "PARAM_ERROR", "请求体过大");
    };
    let asked = request.header("Wechatpay-Serial");
    let answer = match entered(&sim, &merchant, request, &body) {
        Ok(body) => {
            let call = Call {
                sim: &sim,
                merchant: &merchant,
                query: request.params().unwrap_or_default(),
                body,
                origin: format!("http://{}", request.header("host").unwrap_or_default()),
            };
            dispatch(&call, request.method().as_str(), request.uri().path())
        }
        // Who did not sign gets no signed answer.
        Err(error) => return refusal(error.status, &error.code, &error.message),
    };
    let (status, body) = match answer {
        Ok(Answer::File(text)) => {
            return Response::builder()
                .content_type("text/plain; charset=utf-8")
                .body(text);
        }
        Ok(Answer::Json(value)) => (200, value.to_string()),
        Ok(Answer::Nothing) => (204, String::new()),
        Err(error) => (
            error.status,
            json!({ "code": error.code, "message": error.message }).to_string(),
        ),
    };
    signed(&sim, &merchant, asked, status, body)
}

fn signed(sim: &Sim, merchant: &SimMerchant, asked: Option<&str>, status: u16, body: String) -> Response {
    let timestamp = (sim.state().now_ms() / 1000).to_string();
    let nonce = hex::encode(rand::random::<[u8; 16]>());
    // Who asks for no key gets the one that its merchant has had longest.
    let older = asked.is_none() && sim.state().pay.certificates;
    let platform = if older {
        merchant.certificate()
    } else {
        merchant.platform(asked)
    };
    let signature = platform
        .key
        .sign(&answer_message(&timestamp, &nonce, body.as_bytes()))
        .unwrap_or_default();
    let mut response = refusal(status, "", "");
    response.set_body(body);
    let headers = [
        ("wechatpay-serial", platform.serial.clone()),
        ("wechatpay-timestamp", timestamp),
        ("wechatpay-nonce", nonce),
        ("wechatpay-signature", signature),
        ("request-id", hex::encode_upper(rand::random::<[u8; 16]>())),
    ];
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// Whether the merchant signed exactly this, now; the body.
fn entered<'b>(
    sim: &Sim,
    merchant: &SimMerchant,
    request: &Request,
    body: &'b [u8],
) -> Result<&'b str, V3Error> {
    if request.header("user-agent").is_none() {
        return Err(V3Error::param("缺少 User-Agent"));
    }
    let accepts = request.header("accept").unwrap_or_default();
    if !accepts.contains("application/json") && !accepts.contains("*/*") {
        return Err(V3Error::new(406, "PARAM_ERROR", "Accept 须为 application/json"));
    }
    let text = request
        .header("authorization")
        .ok_or_else(|| V3Error::sign("缺少 Authorization"))?;
    let fields = text.strip_prefix(SCHEME).and_then(|rest| rest.strip_prefix(' '));
    let fields = fields.ok_or_else(|| V3Error::sign("认证类型不正确"))?;
    let fields: HashMap<&str, &str> = fields
        .split(',')
        .filter_map(|field| field.split_once('='))
        .map(|(name, value)| (name.trim(), value.trim().trim_matches('"')))
        .collect();
    let field = |name: &'static str| {
        fields
            .get(name)
            .copied()
            .ok_or_else(|| V3Error::sign(&format!("Authorization 缺少 {name}")))
    };
    if field("mchid")? != merchant.mch_id || field("serial_no")? != merchant.serial {
        return Err(V3Error::sign("商户号或证书序列号不正确"));
    }
    let (timestamp, nonce) = (field("timestamp")?, field("nonce_str")?);
    let mut state = sim.state();
    let now = state.now_ms();
    let at: i64 = timestamp.parse().map_err(|_| V3Error::sign("时间戳不正确"))?;
    if (now / 1000).abs_diff(at) >= TOLERANCE_S {
        return Err(V3Error::sign("时间戳已过期"));
    }
    let url = request
        .uri()
        .path_and_query()
        .map(|p| p.as_str())
        .unwrap_or_default();
    let message = request_message(request.method().as_str(), url, timestamp, nonce, body);
    if !merchant.signed(&message, field("signature")?) {
        return Err(V3Error::sign("签名错误，请检查后再试"));
    }
    if !state.pay.nonces.insert(nonce.to_owned()) {
        return Err(V3Error::sign("请求重复：nonce_str 已使用"));
    }
    if state.pay.too_many(now) {
        return Err(V3Error::new(429, "FREQUENCY_LIMITED", "频率超限"));
    }
    std::str::from_utf8(body).map_err(|_| V3Error::param("请求体不是 UTF-8"))
}

fn dispatch(call: &Call<'_>, method: &str, path: &str) -> V3Result {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    match (method, &parts[1..]) {
        ("POST", ["pay", "transactions", "jsapi"]) => orders::create(call, "JSAPI"),
        ("POST", ["pay", "transactions", "native"]) => orders::create(call, "NATIVE"),
        ("GET", ["pay", "transactions", "out-trade-no", number]) => orders::query(call, number),
        ("GET", ["pay", "transactions", "id", id]) => orders::query_by_id(call, id),
        ("POST", ["pay", "transactions", "out-trade-no", number, "close"]) => orders::close(call, number),
        ("POST", ["refund", "domestic", "refunds"]) => refunds::create(call),
        ("GET", ["refund", "domestic", "refunds", number]) => refunds::query(call, number),
        ("GET", ["bill", "tradebill"]) => bill::announce(call),
        ("GET", ["billdownload", "file"]) => bill::download(call),
        ("GET", ["certificates"]) => certificates(call),
        _ => Err(V3Error::new(404, "NOT_FOUND", "没有这个接口")),
    }
}

fn certificates(call: &Call<'_>) -> V3Result {
    if !call.sim.state().pay.certificates {
        return Err(V3Error::new(
            403,
            "NO_AUTH",
            "该商户使用微信支付公钥，没有平台证书",
        ));
    }
    let certificate = call.merchant.certificate();
    let nonce = &hex::encode(rand::random::<[u8; 6]>());
    let sealed = call
        .merchant
        .sealer()
        .seal(certificate.pem.as_bytes(), "certificate", nonce);
    let sealed = sealed.map_err(|_| V3Error::new(500, "SYSTEM_ERROR", "系统错误"))?;
    Ok(Answer::Json(json!({ "data": [{
        "serial_no": certificate.serial,
        "effective_time": "2020-01-01T00:00:00+08:00",
        "expire_time": "2035-01-01T00:00:00+08:00",
        "encrypt_certificate": sealed,
    }] })))
}
