//! Text messages: to a gateway over HTTP, or into the log where nobody is to be reached.

use crate::config;
use crate::kernel::Phone;
use anyhow::Context as _;
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
        match self {
            Sms::Log => tracing::info!(phone = phone.masked(), text, "text message (SMS_PROVIDER=log)"),
            Sms::Http { client, url } => {
                let body = serde_json::json!({ "phone": phone.digits(), "text": text });
                let answer = client
                    .post(url)
                    .json(&body)
                    .send()
                    .await
                    .map_err(reqwest::Error::without_url);
                let answer = answer.context("the SMS gateway does not answer")?;
                anyhow::ensure!(
                    answer.status().is_success(),
                    "the SMS gateway answers {}",
                    answer.status()
                );
            }
        }
        Ok(())
    }
}
