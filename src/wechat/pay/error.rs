//! Why a call to WeChat Pay did not succeed, by what is to be done about it.

mod codes;

pub use codes::{CODES, CodeInfo};

use serde::Deserialize;

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayClass {
    /// The same request again, later.
    Retry,
    /// The order is paid: query it.
    Paid,
    /// The order is closed: a new number is needed.
    Closed,
    /// WeChat Pay has no such order or refund.
    NotExist,
    /// Too many calls: later, and fewer.
    RateLimit,
    /// A setting, a right or the request is wrong: the operator or the developer has to act.
    Configuration,
    /// The merchant's money does not suffice, or a rule of the account stands against it: the operator has to act, then again.
    Account,
    /// The payer or the order does not allow it: final.
    Final,
    /// Not in the table.
    Unknown,
}

/// WeChat Pay's "no".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayApiError {
    /// HTTP status.
    pub status: u16,
    /// Such as `ORDER_NOT_EXIST`.
    pub code: String,
    /// WeChat's words.
    pub message: String,
}

#[derive(Deserialize)]
struct Body {
    code: String,
    #[serde(default)]
    message: String,
}

impl PayApiError {
    pub(super) fn read(status: u16, body: &[u8]) -> PayError {
        match serde_json::from_slice::<Body>(body) {
            Ok(body) => PayError::Api(PayApiError {
                status,
                code: body.code,
                message: body.message,
            }),
            Err(_) => PayError::Status(status),
        }
    }

    /// The table's row.
    pub fn info(&self) -> Option<&'static CodeInfo> {
        codes::lookup(&self.code)
    }

    /// What to do.
    pub fn class(&self) -> PayClass {
        match (self.info(), self.status) {
            (Some(info), _) => info.class,
            (None, 429) => PayClass::RateLimit,
            (None, 500..) => PayClass::Retry,
            (None, _) => PayClass::Unknown,
        }
    }
}

impl std::fmt::Display for PayApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let meaning = self.info().map_or("未收录的错误码", |info| info.meaning);
        write!(f, "{}（{meaning}）: {}", self.code, self.message)
    }
}

impl std::error::Error for PayApiError {}

/// Why a call did not succeed. Contains no key, no signature, no openid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayError {
    /// WeChat Pay refused the call.
    #[error("微信支付返回错误 {0}")]
    Api(#[from] PayApiError),
    /// An HTTP status without WeChat Pay's own words.
    #[error("微信支付返回 HTTP {0}")]
    Status(u16),
    /// The answer's signature does not hold, or nobody known signed it: it counts for nothing.
    #[error("微信支付应答的签名不正确")]
    Unverified,
    /// The answer was signed at another time: a clock is wrong.
    #[error("微信支付应答的时间与本机相差 300 秒以上")]
    Clock,
    /// No answer in time. The call may nevertheless have taken effect.
    #[error("调用微信支付超时")]
    Timeout,
    /// The connection failed; without the URL.
    #[error("无法连接微信支付: {0}")]
    Transport(String),
    /// The answer is not what was expected.
    #[error("微信支付返回的内容无法识别: {0}")]
    Decode(String),
    /// Not sent, since WeChat Pay would refuse it.
    #[error("参数不符合微信支付要求: {0}")]
    Invalid(String),
    /// The downloaded bill is not the one that was announced.
    #[error("账单文件的摘要不一致")]
    BillHash,
}

impl PayError {
    pub(super) fn decode(error: &serde_json::Error) -> Self {
        PayError::Decode(format!("第 {} 列", error.column()))
    }

    /// What to do.
    pub fn class(&self) -> PayClass {
        match self {
            PayError::Api(error) => error.class(),
            PayError::Status(429) => PayClass::RateLimit,
            PayError::Status(400..=499) | PayError::Invalid(_) => PayClass::Configuration,
            PayError::Unverified | PayError::Clock => PayClass::Configuration,
            PayError::Decode(_) => PayClass::Unknown,
            PayError::Status(_) | PayError::Timeout | PayError::Transport(_) | PayError::BillHash => {
                PayClass::Retry
            }
        }
    }

    /// Short name for metrics.
    pub fn label(&self) -> String {
        let name = match self {
            PayError::Api(error) => return error.code.clone(),
            PayError::Status(status) => return format!("http_{status}"),
            PayError::Unverified => "unverified",
            PayError::Clock => "clock",
            PayError::Timeout => "timeout",
            PayError::Transport(_) => "transport",
            PayError::Decode(_) => "decode",
            PayError::Invalid(_) => "invalid",
            PayError::BillHash => "bill_hash",
        };
        name.to_owned()
    }

    /// What the operator does, in Chinese.
    pub fn advice(&self) -> &'static str {
        match self {
            PayError::Api(error) => error
                .info()
                .map_or("请在微信支付「错误码」文档中查找该错误码。", |info| info.advice),
            PayError::Unverified => {
                "请核对 WECHAT_PAY_PUBLIC_KEY、WECHAT_PAY_PUBLIC_KEY_ID 或平台证书是否为该商户号的。"
            }
            PayError::Clock => "请校准服务器时间（NTP）。",
            PayError::Invalid(_) => "请按提示修改后再试。",
            PayError::Status(400..=499) => "请核对 WECHAT_PAY_API_BASE。",
            PayError::Status(_)
            | PayError::Timeout
            | PayError::Transport(_)
            | PayError::Decode(_)
            | PayError::BillHash => "请检查服务器能否访问微信支付；系统会自动重试。",
        }
    }
}

impl From<reqwest::Error> for PayError {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            return PayError::Timeout;
        }
        let error = error.without_url();
        let mut cause: &dyn std::error::Error = &error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        PayError::Transport(cause.to_string())
    }
}
