//! Text messages: to a gateway over HTTP, or into the log where nobody is to be reached.

use crate::config;
use crate::kernel::Phone;
use std::time::Duration;

/// The way to send a text message; cheap to clone.
#[derive(Clone)]
pub enum Sms {
    /// Development: the text goes to the log, the number masked.
    Log,
    /// A gateway that takes `POST {"phone","text"}`.
    Http {
        /// Keeps connections.
        client: reqwest::Client,
        /// The gateway's address.
        url: String,
    },
}

impl Sms {
    /// The provider that the configuration names.
    pub fn new(config: &config::Sms) -> anyhow::Result<Self> {
        Ok(match config {
            config::Sms::Log => Sms::Log,
            config::Sms::Http(url) => {
                let client = reqwest::Client::builder()
                    .timeout(Duration::from_secs(5))
                    .no_proxy()
                    .build()?;
                Sms::Http {
                    client,
                    url: url.clone(),
                }
            }
        })
    }

    /// Sends one text. Errors name neither number nor text.
    pub async fn send(&self, phone: &Phone, text: &str) -> anyhow::Result<()> {
        let sent = self
            .deliver(serde_json::json!({ "phone": phone.digits(), "text": text }))
            .await;
        sent.map_err(|error| match error {
            SmsError::NotTaken(cause) | SmsError::InDoubt(cause) => cause,
        })
    }

    /// Sends one text under an id that stays the same when it is sent again, by which a gateway that knows `id` can leave
    /// the second one out. Errors name neither number nor text.
    pub async fn send_once(&self, id: &str, phone: &Phone, text: &str) -> Result<(), SmsError> {
        let body = serde_json::json!({ "phone": phone.digits(), "text": text, "id": id });
        self.deliver(body).await
    }

    async fn deliver(&self, body: serde_json::Value) -> Result<(), SmsError> {
        let (client, url) = match self {
            Sms::Log => {
                let text = body["text"].as_str().unwrap_or_default();
                let phone = Phone::stored(body["phone"].as_str().unwrap_or_default().to_owned());
                tracing::info!(phone = phone.masked(), text, "text message (SMS_PROVIDER=log)");
                return Ok(());
            }
            Sms::Http { client, url } => (client, url),
        };
        match client.post(url).json(&body).send().await {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(SmsError::NotTaken(anyhow::anyhow!(
                "the SMS gateway answers {}",
                answer.status()
            ))),
            Err(error) => {
                // Without a connection nothing was sent; after that it may have arrived, though no answer came.
                let connected = !error.is_connect() && !error.is_builder();
                let cause =
                    anyhow::Error::new(error.without_url()).context("the SMS gateway does not answer");
                Err(if connected {
                    SmsError::InDoubt(cause)
                } else {
                    SmsError::NotTaken(cause)
                })
            }
        }
    }
}

/// Why a text was not sent.
#[derive(Debug, thiserror::Error)]
pub enum SmsError {
    /// The gateway did not take it: it may be sent again.
    #[error("{0:#}")]
    NotTaken(anyhow::Error),
    /// It may or may not have been sent.
    #[error("{0:#}")]
    InDoubt(anyhow::Error),
}

/// How many messages a text is charged as: up to 70 characters (UTF-16 units) are one, a longer one is cut into parts of 67
/// (3GPP TS 23.040, UCS-2 with a concatenation header).
pub fn segments(text: &str) -> usize {
    match text.encode_utf16().count() {
        0..=70 => 1,
        long => long.div_ceil(67),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 3GPP TS 23.040: 140 octets of UCS-2, 6 of them a header when there are several parts.
    #[test]
    fn a_text_has_its_parts() {
        for (characters, parts) in [(0, 1), (70, 1), (71, 2), (134, 2), (135, 3)] {
            assert_eq!(segments(&"字".repeat(characters)), parts, "{characters}");
        }
    }
}
