//! Counters for `/metrics`, in Prometheus' text format. Labels are few and hold no personal data.

use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};

/// WeChat's callbacks by outcome, each looked up once: a message costs a few microseconds in all.
pub struct Callbacks {
    /// Answered.
    pub handled: IntCounter,
    /// Answered as before.
    pub repeated: IntCounter,
    /// Not WeChat's, or not for us, or malformed.
    pub refused: IntCounter,
    /// Could not be handled.
    pub failed: IntCounter,
    /// Kept, to be answered later.
    pub deferred: IntCounter,
    /// Seconds each took, refused ones too.
    pub seconds: Histogram,
}

/// All metrics of the process.
pub struct Metrics {
    registry: Registry,
    /// Requests by area and status class.
    pub requests: IntCounterVec,
    /// Seconds a request took, by area.
    pub seconds: HistogramVec,
    /// Refusals by code.
    pub refusals: IntCounterVec,
    /// WeChat's callbacks.
    pub callbacks: Callbacks,
    /// Calls to WeChat by interface (its path) and errcode, or what went wrong without one.
    pub wechat_calls: IntCounterVec,
    /// Calls to WeChat Pay by interface and code.
    pub pay_calls: IntCounterVec,
    /// What WeChat Pay told, by outcome (handled, repeated, or why it was refused).
    pub pay_notifications: IntCounterVec,
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
            &["api", "errcode"],
        )?;
        let pay_calls = counter(
            "yuanmeng_wechat_pay_calls_total",
            "Calls to WeChat Pay",
            &["api", "code"],
        )?;
        let pay_notifications = counter(
            "yuanmeng_wechat_pay_notifications_total",
            "WeChat Pay notifications",
            &["outcome"],
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
        let callbacks = Callbacks {
            handled: callbacks.with_label_values(&["handled"]),
            repeated: callbacks.with_label_values(&["repeated"]),
            refused: callbacks.with_label_values(&["refused"]),
            failed: callbacks.with_label_values(&["failed"]),
            deferred: callbacks.with_label_values(&["deferred"]),
            seconds: seconds.with_label_values(&["callback"]),
        };
        let outbox_waiting = IntGauge::new("yuanmeng_outbox_waiting", "Jobs waiting in the outbox")?;
        registry.register(Box::new(outbox_waiting.clone()))?;
        Ok(Metrics {
            registry,
            requests,
            seconds,
            refusals,
            callbacks,
            wechat_calls,
            pay_calls,
            pay_notifications,
            notices,
            outbox_waiting,
        })
    }

    /// The text that Prometheus reads.
    pub fn text(&self) -> prometheus::Result<String> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}
