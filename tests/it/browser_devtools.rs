//! What WebDriver has no words for, in Chromium's own.

use super::{Browser, Device, PHONE};
use anyhow::Result;
use fantoccini::wd::WebDriverCompatibleCommand;
use reqwest::Method;
use serde_json::{Value, json};

impl Browser {
    /// Shows the page at this width in CSS pixels, as a phone or a PC would, whatever the window is.
    pub async fn as_wide_as(&self, width: u32) -> Result<()> {
        let phone = width < 500;
        let metrics = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": phone });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await
    }

    /// Ends `as_wide_as`.
    pub async fn as_wide_as_before(&self) -> Result<()> {
        if self.device == Device::Pc {
            return self
                .devtools("Emulation.clearDeviceMetricsOverride", json!({}))
                .await;
        }
        let (width, height) = PHONE;
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 2, "mobile": true });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await
    }

    /// From now on a page that asks for the printer only counts it, in `sessionStorage.asked`: Chromium without a screen never
    /// ends its own dialogue, and a page "being printed" cannot be printed by WebDriver.
    pub async fn without_printer(&self) -> Result<()> {
        let source =
            "window.print = function () { sessionStorage.asked = Number(sessionStorage.asked || 0) + 1; };";
        let params = json!({ "source": source });
        self.devtools("Page.addScriptToEvaluateOnNewDocument", params)
            .await
    }

    /// Nobody is signed in any more.
    pub async fn forget_cookies(&self) -> Result<()> {
        Ok(self.client.delete_all_cookies().await?)
    }

    async fn devtools(&self, cmd: &'static str, params: Value) -> Result<()> {
        self.client.issue_cmd(DevTools { cmd, params }).await?;
        Ok(())
    }
}

/// A command of Chromium's own, for what WebDriver has no words for.
#[derive(Debug)]
struct DevTools {
    cmd: &'static str,
    params: Value,
}

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!(
            "session/{}/goog/cdp/execute",
            session.unwrap_or_default()
        ))
    }

    fn method_and_body(&self, _: &url::Url) -> (Method, Option<String>) {
        let body = json!({ "cmd": self.cmd, "params": self.params });
        (Method::POST, Some(body.to_string()))
    }
}
