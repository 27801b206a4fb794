//! Why a callback is refused, and with which status.

/// Why a request is not from WeChat, or not for us: answer 403 and do nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// The query lacks the signature the mode needs, or timestamp or nonce.
    #[error("signature missing")]
    SignatureMissing,
    /// The signature is wrong.
    #[error("signature wrong")]
    SignatureWrong,
    /// The request is in a form the configured mode does not cover.
    #[error("message mode not covered")]
    Mode,
    /// No configured key opens the envelope.
    #[error("no key opens the message")]
    Key,
    /// The message is for another official account.
    #[error("appid wrong")]
    AppId,
    /// The timestamp is further from now than tolerated, or no number.
    #[error("timestamp out of tolerance")]
    Stale,
}

/// Why a body cannot be read: answer 400 and do nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// More than [`MAX_BODY`](super::MAX_BODY) bytes.
    #[error("body too large")]
    TooLarge,
    /// Not UTF-8.
    #[error("body is not UTF-8")]
    Utf8,
    /// Not well-formed XML with the root `<xml>`, or nested too deep.
    #[error("XML malformed")]
    Xml,
    /// Not a JSON object, or nested too deep.
    #[error("JSON malformed")]
    Json,
    /// A document type declaration, the door to XXE.
    #[error("DOCTYPE refused")]
    Doctype,
    /// An entity XML itself does not define.
    #[error("entity refused")]
    Entity,
    /// `Encrypt` is not base64 or no whole number of cipher blocks.
    #[error("Encrypt malformed")]
    Encrypt,
    /// A field the message cannot be without.
    #[error("field {0} missing")]
    Missing(&'static str),
    /// A field that is there twice.
    #[error("field {0} is there twice")]
    Duplicate(&'static str),
    /// A field that should be a whole number.
    #[error("field {0} is not a number")]
    Number(&'static str),
    /// The echostr of a URL check is missing.
    #[error("echostr missing")]
    Echo,
}

/// Why a callback was refused. Nothing in it is secret or personal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// HTTP 403.
    #[error("forbidden: {0}")]
    Forbidden(#[from] Forbidden),
    /// HTTP 400.
    #[error("malformed: {0}")]
    Malformed(#[from] Malformed),
}

impl Refused {
    /// The HTTP status to answer with: 403 or 400.
    pub fn status(self) -> u16 {
        match self {
            Refused::Forbidden(_) => 403,
            Refused::Malformed(_) => 400,
        }
    }
}
