//! The HTTP client under every interface of WeChat's.

use std::time::Duration;

use reqwest::redirect;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// A client for `base` that gives up after `timeout`. The error says in words what is wrong.
pub(super) fn client(base: &str, timeout: Duration) -> Result<reqwest::Client, String> {
    let url = url::Url::parse(base).map_err(|e| format!("接口地址不正确: {e}"))?;
    let loopback = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    let mut builder = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(timeout)
        // A redirect would carry a token or a signature to somebody else.
        .redirect(redirect::Policy::none())
        .https_only(url.scheme() == "https");
    if loopback {
        // A stand-in on this machine is not reachable through a proxy.
        builder = builder.no_proxy();
    }
    builder.build().map_err(|e| format!("不能建立 HTTPS 连接: {e}"))
}
