//! Counters for `/metrics`, in Prometheus' text format. Labels are few and hold no personal data.

use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry, TextEncoder};

/// All metrics of the process.
pub struct Metrics {
    registry: Registry,
    /// Requests by area and status class.
    pub requests: IntCounterVec,
    /// Seconds a request took, by area.
    pub seconds: HistogramVec,
    /// Refusals by code.
    pub refusals: IntCounterVec,
    /// WeChat callbacks by outcome.
    pub callbacks: IntCounterVec,
    /// Calls to WeChat by purpose and errcode.
    pub wechat_calls: IntCounterVec,
    /// Notices by channel and outcome.
    pub notices: IntCounterVec,
    /// Jobs that wait in the outbox.
    pub outbox_waiting: IntGauge,
}

impl Metrics {
    /// A registry of its own, so that tests may run several servers in one process.
    pub fn new() -> prometheus::Result<Self> {
        let registry = Registry::new();
        let counter = |name: &str, help: &str, labels: &[&str]| -> prometheus::Result<IntCounterVec> {
            let counter = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(counter.clone()))?;
            Ok(counter)
        };
        let requests = counter(
            "yuanmeng_http_requests_total",
            "HTTP requests",
            &["area", "status"],
        )?;
        let refusals = counter("yuanmeng_refusals_total", "Acts refused by a rule", &["code"])?;
        let callbacks = counter(
            "yuanmeng_wechat_callbacks_total",
            "WeChat callbacks",
            &["outcome"],
        )?;
        let wechat_calls = counter(
            "yuanmeng_wechat_calls_total",
            "Calls to WeChat",
            &["purpose", "errcode"],
        )?;
        let notices = counter(
            "yuanmeng_notices_total",
            "Messages to people",
            &["channel", "outcome"],
        )?;
        let buckets = vec![0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];
        let opts = HistogramOpts::new("yuanmeng_http_seconds", "Duration of HTTP requests").buckets(buckets);
        let seconds = HistogramVec::new(opts, &["area"])?;
        registry.register(Box::new(seconds.clone()))?;
        let outbox_waiting = IntGauge::new("yuanmeng_outbox_waiting", "Jobs waiting in the outbox")?;
        registry.register(Box::new(outbox_waiting.clone()))?;
        Ok(Metrics {
            registry,
            requests,
            seconds,
            refusals,
            callbacks,
            wechat_calls,
            notices,
            outbox_waiting,
        })
    }

    /// The text that Prometheus reads.
    pub fn text(&self) -> prometheus::Result<String> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}
