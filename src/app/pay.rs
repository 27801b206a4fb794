//! WeChat Pay's client with our clock, our randomness and our counters.

use crate::clock::{Clock, Entropy};
use crate::config::Config;
use crate::metrics::Metrics;
use crate::wechat::pay::{PayClient, PayError, PayHook};
use anyhow::Context as _;
use prometheus::IntCounterVec;
use std::sync::Arc;

struct Counted(IntCounterVec);

impl PayHook for Counted {
    fn done(&self, api: &'static str, outcome: Result<(), &PayError>) {
        let code = outcome.err().map_or_else(|| "ok".to_owned(), PayError::label);
        self.0.with_label_values(&[api, &code]).inc();
    }
}

/// The client of the configured merchant; none without one.
pub fn client(
    config: &Config,
    clock: &Clock,
    entropy: Entropy,
    metrics: &Metrics,
) -> anyhow::Result<Option<PayClient>> {
    let Some(merchant) = &config.pay else {
        return Ok(None);
    };
    let clock = clock.clone();
    let now = Arc::new(move || clock.now().0);
    let nonces = Arc::new(move || hex::encode(entropy.bytes::<16>()));
    let hook = Arc::new(Counted(metrics.pay_calls.clone()));
    let client = PayClient::new(merchant.clone(), now, nonces, Some(hook));
    client.map(Some).context("setting up WeChat Pay's client")
}
