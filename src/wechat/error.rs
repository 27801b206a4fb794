//! What WeChat's error codes mean, and what to do about each: a table, not string matching in callers.
//!
//! Source: facts, "Errors" and rows 2, 8, 11; WeChat, 全局返回码说明.

use ErrorClass::*;

use super::token::StoreError;

mod codes;
pub use codes::CODES;

/// What a caller should do about a failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// Try again later, each time after a longer pause.
    Retry,
    /// The access token is no longer valid: get another one, try once more. The client has done so already.
    RefreshToken,
    /// The day's quota is used up: send nothing on this interface until WeChat resets it at midnight (Beijing).
    StopUntilReset,
    /// This recipient cannot be reached in this way. Final: record it, never retry (facts row 11).
    Recipient,
    /// The window in which this recipient may be written to is closed.
    WindowClosed,
    /// Something is configured or built wrongly; retrying cannot help, an operator must act.
    Configuration,
    /// A login code is used, expired or wrong: start the login again (facts row 8).
    Login,
    /// A code this table does not know.
    Unknown,
}

impl ErrorClass {
    /// Short name for metrics and records.
    pub fn as_str(self) -> &'static str {
        match self {
            Retry => "retry",
            RefreshToken => "refresh_token",
            StopUntilReset => "stop_until_reset",
            Recipient => "recipient",
            WindowClosed => "window_closed",
            Configuration => "configuration",
            Login => "login",
            Unknown => "unknown",
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeInfo {
    /// WeChat's errcode.
    pub code: i64,
    /// What to do, for the program.
    pub class: ErrorClass,
    /// What it means, in Chinese.
    pub meaning: &'static str,
    /// What the operator should do, in Chinese.
    pub advice: &'static str,
}

/// The table's row for a code.
pub fn lookup(code: i64) -> Option<&'static CodeInfo> {
    CODES
        .binary_search_by_key(&code, |info| info.code)
        .ok()
        .map(|at| &CODES[at])
}

/// WeChat answered, and said no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// `errcode`.
    pub code: i64,
    /// `errmsg`, verbatim. WeChat puts neither tokens nor secrets into it.
    pub message: String,
}

impl ApiError {
    /// What to do.
    pub fn class(&self) -> ErrorClass {
        lookup(self.code).map_or(Unknown, |info| info.class)
    }

    /// What it means, in Chinese.
    pub fn meaning(&self) -> &'static str {
        lookup(self.code).map_or("未收录的微信错误码", |info| info.meaning)
    }

    /// What the operator should do, in Chinese.
    pub fn advice(&self) -> &'static str {
        lookup(self.code).map_or("请在微信「全局返回码说明」中查找该错误码。", |info| info.advice)
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "errcode {}（{}）: {}", self.code, self.meaning(), self.message)
    }
}

impl std::error::Error for ApiError {}

/// Why a call to WeChat did not succeed. Never contains a URL, a token or a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// WeChat refused the call.
    #[error("微信接口返回错误 {0}")]
    Api(#[from] ApiError),
    /// WeChat refused to give an access token.
    #[error("换取 access_token 失败 {0}")]
    Token(ApiError),
    /// Another process has been fetching the access token for too long.
    #[error("等待 access_token 超时")]
    TokenBusy,
    /// No answer within the timeout. The call may nevertheless have taken effect.
    #[error("调用微信接口超时")]
    Timeout,
    /// The connection failed; the text says how, without the URL.
    #[error("无法连接微信接口: {0}")]
    Transport(String),
    /// An HTTP status other than 200.
    #[error("微信接口返回 HTTP {0}")]
    Status(u16),
    /// The answer is not the JSON that was expected.
    #[error("微信接口返回的内容无法识别: {0}")]
    Decode(String),
    /// The call was not made, because WeChat would refuse it; the text says why, in Chinese.
    #[error("参数不符合微信要求: {0}")]
    Invalid(String),
    /// Not sent: the interface's quota is used up until then (Unix milliseconds), as the application's
    /// [`CallHook`](super::hook::CallHook) says.
    #[error("该接口今日调用次数已用完，暂停调用")]
    Held {
        /// When it is open again.
        until_ms: i64,
    },
    /// The store of tokens failed, and there was no other way.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CallError {
    /// What to do.
    pub fn class(&self) -> ErrorClass {
        match self {
            CallError::Api(error) => error.class(),
            // 40001 while fetching a token is a wrong secret: refreshing would go round in circles (facts row 2).
            CallError::Token(error) => match error.class() {
                RefreshToken => Configuration,
                other => other,
            },
            CallError::Status(400..=499) | CallError::Invalid(_) => Configuration,
            CallError::Held { .. } => StopUntilReset,
            CallError::Decode(_) => Unknown,
            CallError::TokenBusy
            | CallError::Timeout
            | CallError::Transport(_)
            | CallError::Status(_)
            | CallError::Store(_) => Retry,
        }
    }

    /// WeChat's errcode, if WeChat gave one.
    pub fn code(&self) -> Option<i64> {
        match self {
            CallError::Api(error) | CallError::Token(error) => Some(error.code),
            _ => None,
        }
    }

    /// Whether the call may have taken effect all the same: no answer came, or none that says no.
    pub fn is_outcome_unknown(&self) -> bool {
        match self {
            CallError::Timeout
            | CallError::Transport(_)
            | CallError::Status(500..)
            | CallError::Decode(_) => true,
            CallError::Api(_)
            | CallError::Token(_)
            | CallError::TokenBusy
            | CallError::Status(_)
            | CallError::Invalid(_)
            | CallError::Held { .. }
            | CallError::Store(_) => false,
        }
    }

    /// Short name for metrics: WeChat's errcode, or what went wrong without one.
    pub fn label(&self) -> String {
        let name = match self {
            CallError::Api(error) | CallError::Token(error) => return error.code.to_string(),
            CallError::Status(status) => return format!("http_{status}"),
            CallError::TokenBusy => "token_busy",
            CallError::Timeout => "timeout",
            CallError::Transport(_) => "transport",
            CallError::Decode(_) => "decode",
            CallError::Invalid(_) => "invalid",
            CallError::Held { .. } => "held",
            CallError::Store(_) => "store",
        };
        name.to_owned()
    }

    /// What the operator should do, in Chinese.
    pub fn advice(&self) -> &'static str {
        match self {
            CallError::Api(error) | CallError::Token(error) => error.advice(),
            CallError::Held { .. } => "次日 0 时自动恢复；常出现请申请提高额度。",
            CallError::Invalid(_) => "请按提示修改后再试。",
            CallError::Status(400..=499) => "请核对所配置的微信接口地址。",
            CallError::Store(_) => "请检查保存凭证的存储（如 Redis）是否正常。",
            CallError::TokenBusy
            | CallError::Timeout
            | CallError::Transport(_)
            | CallError::Status(_)
            | CallError::Decode(_) => "请检查服务器能否访问微信接口；系统会自动重试。",
        }
    }
}

impl From<reqwest::Error> for CallError {
    /// The URL is cut off first: it carries the access token or the secret.
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            return CallError::Timeout;
        }
        let error = error.without_url();
        // The outermost text says little ("error sending request"); the innermost cause says what happened.
        let mut cause: &dyn std::error::Error = &error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        CallError::Transport(cause.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_ascending_and_complete() {
        assert!(CODES.windows(2).all(|pair| pair[0].code < pair[1].code));
        assert!(
            CODES
                .iter()
                .all(|info| !info.meaning.is_empty() && !info.advice.is_empty())
        );
    }

    /// facts, Errors; facts row 11 for the recipients.
    #[test]
    fn every_documented_code_has_its_class() {
        for (class, codes) in [
            (Retry, &[-1, 43108, 45011, 61450][..]),
            (RefreshToken, &[40001, 40014, 42001]),
            (StopUntilReset, &[45009]),
            (
                Recipient,
                &[40003, 40226, 43004, 43019, 43101, 46004, 48002, 50005],
            ),
            (WindowClosed, &[45015, 45047, 45080]),
            (
                Configuration,
                &[
                    40007, 40013, 40037, 40164, 41001, 43107, 45002, 45109, 45168, 47003, 48001, 48004,
                    50002, 65301, 65303, 87014, 89503,
                ],
            ),
            (Login, &[40029, 40163, 42003, 61010]),
            (Unknown, &[0, 12345]),
        ] {
            for code in codes {
                assert_eq!(
                    ApiError {
                        code: *code,
                        message: String::new()
                    }
                    .class(),
                    class,
                    "{code}"
                );
            }
        }
    }

    /// facts row 2: 40001 is also a bad secret.
    #[test]
    fn a_bad_secret_is_configuration() {
        let error = ApiError {
            code: 40001,
            message: "invalid credential".into(),
        };
        assert_eq!(CallError::Api(error.clone()).class(), RefreshToken);
        assert_eq!(CallError::Token(error).class(), Configuration);
    }
}
