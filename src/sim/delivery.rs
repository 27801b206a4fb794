//! How a delivery to the callback ended.

use serde::Serialize;
use serde_json::{Value, json};

use super::reply::Reply;

/// What a phone shows when the account's server does not answer as it must.
pub const TROUBLE: &str = "该公众号提供的服务出现故障，请稍后再试";

/// How a delivery ended; what the control API answers.
#[derive(Serialize)]
pub(super) struct Delivery {
    pub outcome: Outcome,
    pub attempts: u32,
    pub reply: Option<Reply>,
    pub error: Option<String>,
}

#[derive(Serialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Reply,
    None,
    Trouble,
}

impl Outcome {
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Reply => "reply",
            Outcome::None => "none",
            Outcome::Trouble => "trouble",
        }
    }
}

impl Delivery {
    pub fn end(attempts: u32, answer: Result<Option<Reply>, String>) -> Delivery {
        match answer {
            Ok(Some(reply)) => Delivery {
                outcome: Outcome::Reply,
                attempts,
                reply: Some(reply),
                error: None,
            },
            Ok(None) => Delivery {
                outcome: Outcome::None,
                attempts,
                reply: None,
                error: None,
            },
            Err(error) => Delivery {
                outcome: Outcome::Trouble,
                attempts,
                reply: None,
                error: Some(error),
            },
        }
    }

    pub fn json(self) -> Value {
        json!(self)
    }
}
