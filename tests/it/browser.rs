//! A real browser for the journeys: headless Chromium through chromedriver, as a phone or as a PC, with a profile
//! of its own and no way out of this machine. Every helper waits for what it needs; what does not come within
//! ten seconds is an error that says what was looked for and keeps a picture and the page's source.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use fantoccini::actions::{InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction, TouchActions};
use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::wd::{PrintConfigurationBuilder, PrintMargins, PrintSize};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep, timeout};

use crate::guarded::{Guarded, Recipe};
use crate::services::free_port;

/// How long a helper waits for what it needs.
const PATIENCE: Duration = Duration::from_secs(30);
/// Two cores bear two browsers.
const AT_ONCE: u32 = 2;
static SLOTS: Semaphore = Semaphore::const_new(AT_ONCE as usize);

/// Size of the phone's page in CSS pixels.
pub const PHONE: (u32, u32) = (375, 812);
/// Size of the PC's window in pixels.
pub const PC: (u32, u32) = (1366, 900);

const PHONE_AGENT: &str = "Mozilla/5.0 (Linux; Android 13; Phone) AppleWebKit/537.36 (KHTML, like Gecko) \
                           Chrome/116.0.0.0 Mobile Safari/537.36";

#[derive(Clone, Copy, PartialEq)]
enum Device {
    Phone,
    Pc,
}

/// An open browser. Dropped, its Chromium, chromedriver and profile are gone before the next one may start.
pub struct Browser {
    client: Client,
    device: Device,
    // Declared in the order in which they must end: the driver, then the right to a browser.
    driver: Guarded,
    patience: Duration,
    _slot: SemaphorePermit<'static>,
}

impl Browser {
    /// A phone: 375 × 812 CSS pixels, touch, Chinese.
    pub async fn phone() -> Result<Self> {
        Self::start(Device::Phone, slots(1).await?).await
    }

    /// A PC: a window of 1366 × 900 pixels, mouse, Chinese.
    pub async fn pc() -> Result<Self> {
        Self::start(Device::Pc, slots(1).await?).await
    }

    /// For what is not expected to come.
    pub fn impatient(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// A phone and a PC for one journey. Taking them one after the other could wait for ever: another test may
    /// hold one browser and wait for its second, too.
    pub async fn phone_and_pc() -> Result<(Self, Self)> {
        let mut both = slots(AT_ONCE).await?;
        let one = both.split(1).context("two slots were taken")?;
        tokio::try_join!(Self::start(Device::Phone, one), Self::start(Device::Pc, both))
    }

    async fn start(device: Device, slot: SemaphorePermit<'static>) -> Result<Self> {
        let (driver, port) = tokio::task::spawn_blocking(start_driver)
            .await?
            .map_err(|error| anyhow!(error))?;
        let options = match json!({ "goog:chromeOptions": chrome_options(device, &driver.dir) }) {
            Value::Object(options) => options,
            other => return Err(anyhow!("not an object: {other}")),
        };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(options)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .with_context(|| std::fs::read_to_string(driver.dir.join("log")).unwrap_or_default())?;
        Ok(Self {
            client,
            device,
            driver,
            patience: PATIENCE,
            _slot: slot,
        })
    }

    /// Opens the address and waits until the page is loaded.
    pub async fn goto(&self, url: &str) -> Result<()> {
        let loaded = timeout(self.patience, self.client.goto(url)).await;
        match loaded.map_err(|_| format!("not loaded after {:?}", self.patience)) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.failure(&format!("open {url}"), error).await),
            Err(late) => Err(self.failure(&format!("open {url}"), late).await),
        }
    }

    /// Address of the page that is shown, without scheme and host: `/apply?step=2`.
    pub async fn path(&self) -> Result<String> {
        let url = self.client.current_url().await?;
        Ok(url
            .query()
            .map_or(url.path().into(), |query| format!("{}?{query}", url.path())))
    }

    /// Waits until the element is there and visible.
    pub async fn wait_for(&self, css: &str) -> Result<()> {
        self.until(&format!("wait for {css}"), async || {
            self.visible(css).await.map(|_| ())
        })
        .await
    }

    /// Waits until the element's visible text contains the words.
    pub async fn wait_for_text(&self, css: &str, words: &str) -> Result<()> {
        self.until(&format!("wait for “{words}” in {css}"), async || {
            let text = self.visible(css).await?.text().await?;
            if text.contains(words) {
                Ok(())
            } else {
                Err(NotYet(format!("it reads “{text}”")))
            }
        })
        .await
    }

    /// The visible text of the element, once it is there.
    pub async fn text(&self, css: &str) -> Result<String> {
        self.until(&format!("read {css}"), async || {
            Ok(self.visible(css).await?.text().await?)
        })
        .await
    }

    /// Whether the page has such an element now, visible or not.
    pub async fn has(&self, css: &str) -> Result<bool> {
        Ok(!self.client.find_all(Locator::Css(css)).await?.is_empty())
    }

    /// Clicks (on the phone: taps) the element, once it is there and nothing covers it.
    pub async fn click(&self, css: &str) -> Result<()> {
        self.until(&format!("click {css}"), async || {
            let element = self.visible(css).await?;
            // As a person scrolls: to the middle, clear of bars that stick to an edge.
            self.script(
                "arguments[0].scrollIntoView({block: 'center'})",
                vec![json!(element)],
            )
            .await?;
            Ok(element.click().await?)
        })
        .await
    }

    /// Replaces what the field holds. Fields with a picker (date, month, time, number sliders) take the value in
    /// HTML's own form (`2026-03-01`), since their keys depend on the browser's language.
    pub async fn fill(&self, css: &str, text: &str) -> Result<()> {
        self.until(&format!("fill {css}"), async || {
            let field = self.visible(css).await?;
            let kind = field.prop("type").await?.unwrap_or_default();
            if [
                "date",
                "month",
                "time",
                "week",
                "datetime-local",
                "range",
                "color",
            ]
            .contains(&kind.as_str())
            {
                return self.set_value(&field, text).await;
            }
            field.clear().await?;
            Ok(field.send_keys(text).await?)
        })
        .await
    }

    /// Chooses the option with this value in a `<select>`.
    pub async fn choose(&self, css: &str, value: &str) -> Result<()> {
        self.until(&format!("choose {value} in {css}"), async || {
            Ok(self.visible(css).await?.select_by_value(value).await?)
        })
        .await
    }

    /// Gives a file to an `<input type=file>`, which may be hidden behind a prettier button.
    pub async fn attach(&self, css: &str, file: &Path) -> Result<()> {
        let file = file
            .canonicalize()
            .with_context(|| format!("no file {}", file.display()))?;
        let file = file.to_str().context("the path is not UTF-8")?;
        self.until(&format!("attach {file} to {css}"), async || {
            Ok(self.client.find(Locator::Css(css)).await?.send_keys(file).await?)
        })
        .await
    }

    /// Drags the handle to the right by so many CSS pixels, as a finger or a mouse would: in steps, not quite level.
    pub async fn drag_slider(&self, css_handle: &str, distance: u32) -> Result<()> {
        self.until(&format!("drag {css_handle}"), async || {
            let handle = self.visible(css_handle).await?;
            self.script(
                "arguments[0].scrollIntoView({block: 'center'})",
                vec![json!(handle)],
            )
            .await?;
            match self.device {
                Device::Phone => {
                    self.client
                        .perform_actions(drag(TouchActions::new("finger".into()), handle, distance))
                        .await?
                }
                Device::Pc => {
                    self.client
                        .perform_actions(drag(MouseActions::new("mouse".into()), handle, distance))
                        .await?
                }
            }
            Ok(())
        })
        .await
    }

    /// Makes the PC's window another size.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        Ok(self.client.set_window_size(width, height).await?)
    }

    /// All further helpers work inside this `<iframe>`, until `leave_frame`.
    pub async fn enter_frame(&self, css: &str) -> Result<()> {
        self.until(&format!("enter frame {css}"), async || {
            Ok(self.visible(css).await?.enter_frame().await?)
        })
        .await
    }

    /// Back to the page around the frame.
    pub async fn leave_frame(&self) -> Result<()> {
        Ok(self.client.enter_parent_frame().await?)
    }

    /// Runs JavaScript in the page; its `return` is the result.
    pub async fn script(&self, code: &str, arguments: Vec<Value>) -> Result<Value, CmdError> {
        self.client.execute(code, arguments).await
    }

    /// Keeps a picture of what the person sees now as `target/test-output/screenshots/<name>.png`.
    pub async fn screenshot(&self, name: &str) -> Result<PathBuf> {
        keep(
            "screenshots",
            &format!("{name}.png"),
            &self.client.screenshot().await?,
        )
    }

    /// The page as a printer gets it: A4 with the margins that the style sheet asks for, as PDF.
    pub async fn printed(&self) -> Result<Vec<u8>> {
        let paper = PrintConfigurationBuilder::default()
            .size(PrintSize::A4)
            .margins(PrintMargins {
                top: 1.1,
                bottom: 1.1,
                left: 1.5,
                right: 1.5,
            })
            .build()
            .map_err(|error| anyhow!("{error}"))?;
        Ok(self.client.print(paper).await?)
    }

    async fn visible(&self, css: &str) -> Result<Element, NotYet> {
        let element = self.client.find(Locator::Css(css)).await?;
        if element.is_displayed().await? {
            Ok(element)
        } else {
            Err(NotYet("it is hidden".into()))
        }
    }

    async fn set_value(&self, field: &Element, value: &str) -> Result<(), NotYet> {
        const SET: &str = "const [field, value] = arguments; field.value = value;
            for (const event of ['input', 'change']) field.dispatchEvent(new Event(event, {bubbles: true}));
            return field.value === value";
        match self.script(SET, vec![json!(field), json!(value)]).await? {
            Value::Bool(true) => Ok(()),
            _ => Err(NotYet(format!("the field does not take {value}"))),
        }
    }

    /// Tries again until it works: pages load, scripts redraw, dialogs slide away.
    async fn until<T>(&self, what: &str, attempt: impl AsyncFn() -> Result<T, NotYet>) -> Result<T> {
        let end = Instant::now() + self.patience;
        loop {
            match timeout(self.patience, attempt())
                .await
                .unwrap_or_else(|_| Err(NotYet("no answer".into())))
            {
                Ok(done) => return Ok(done),
                Err(NotYet(reason)) if Instant::now() > end => return Err(self.failure(what, reason).await),
                Err(_) => sleep(Duration::from_millis(50)).await,
            }
        }
    }

    /// The error of a step, with the picture and the source of the page that it failed on.
    async fn failure(&self, what: &str, reason: impl Display) -> anyhow::Error {
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        let name = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let picture = match self.client.screenshot().await {
            Ok(png) => keep("failures", &format!("{name}.png"), &png),
            Err(error) => Err(error.into()),
        };
        let source = match self.client.source().await {
            Ok(html) => keep("failures", &format!("{name}.html"), html.as_bytes()),
            Err(error) => Err(error.into()),
        };
        let shown =
            |kept: Result<PathBuf>| kept.map_or_else(|e| format!("({e})"), |path| path.display().to_string());
        let url = self
            .client
            .current_url()
            .await
            .map_or_else(|e| e.to_string(), |url| url.to_string());
        anyhow!(
            "{what}: {reason}\n  page: {url}\n  picture: {}\n  source: {}",
            shown(picture),
            shown(source)
        )
    }
}

/// Why an attempt did not work yet.
struct NotYet(String);

impl From<CmdError> for NotYet {
    fn from(error: CmdError) -> Self {
        let text = error.to_string();
        // Chromium appends its own stack, of no use to anybody here.
        Self(text.split("\n").next().unwrap_or_default().into())
    }
}

async fn slots(count: u32) -> Result<SemaphorePermit<'static>> {
    // Longer than any journey: only a test that holds one browser and wants another waits so long.
    let wait = Duration::from_secs(300);
    let slots = timeout(wait, SLOTS.acquire_many(count)).await;
    Ok(slots.context("no free browser in five minutes; a test that needs two takes phone_and_pc()")??)
}

/// chromedriver, and the port it listens on.
fn start_driver() -> Result<(Guarded, u16), String> {
    let attempt = || {
        let port = free_port();
        let command = ["chromedriver".into(), format!("--port={port}")];
        let recipe = Recipe {
            user: None,
            prepare: "mkdir profile",
            signal: "TERM",
            command: &command,
        };
        Guarded::start(&recipe)?
            .listening(port, PATIENCE)
            .map(|driver| (driver, port))
    };
    attempt()
        .or_else(|_| attempt())
        .map_err(|error| format!("chromedriver (run `make packages`): {error}"))
}

fn chrome_options(device: Device, dir: &Path) -> Value {
    let (width, height) = PC;
    let mut options = json!({
        "binary": "/usr/bin/chromium",
        "args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            // A pipe instead of a port: Chromium ends when its driver does, however that ends.
            "--remote-debugging-pipe",
            // Small /dev/shm in containers crashes pages.
            "--disable-dev-shm-usage",
            // Only this machine is reached: a page that wants anything from outside shows it by failing.
            "--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
            "--lang=zh-CN",
            format!("--window-size={width},{height}"),
            format!("--user-data-dir={}/profile", dir.display()),
        ],
        "prefs": { "intl.accept_languages": "zh-CN,zh" },
    });
    if device == Device::Phone {
        // A headless window has a least width of about 500 pixels; emulation has none.
        let (width, height) = PHONE;
        options["mobileEmulation"] = json!({
            "deviceMetrics": { "width": width, "height": height, "pixelRatio": 2.0, "touch": true, "mobile": true },
            "userAgent": PHONE_AGENT,
        });
    }
    options
}

/// Press in the middle of the handle, a dozen moves, release.
fn drag<P: InputSource<Action = PointerAction>>(pointer: P, handle: Element, distance: u32) -> P {
    const STEPS: u32 = 12;
    let step = Some(Duration::from_millis(25));
    let start = PointerAction::MoveToElement {
        element: handle,
        duration: None,
        x: 0.0,
        y: 0.0,
    };
    let mut pointer = pointer.then(start).then(PointerAction::Down {
        button: MOUSE_BUTTON_LEFT,
    });
    let mut done = 0;
    for n in 1..=STEPS {
        // Whole pixels, so that the last step ends exactly there.
        let next = distance * n / STEPS;
        let wobble = if n % 2 == 0 { -1.0 } else { 1.0 };
        pointer = pointer.then(PointerAction::MoveBy {
            duration: step,
            x: f64::from(next - done),
            y: wobble,
        });
        done = next;
    }
    pointer.pause(Duration::from_millis(50)).then(PointerAction::Up {
        button: MOUSE_BUTTON_LEFT,
    })
}

/// Writes a file of this run under `target/test-output/<folder>/`.
pub fn keep(folder: &str, name: &str, content: &[u8]) -> Result<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .context("cargo's tmp is inside its target folder")?;
    let path = target.join("test-output").join(folder).join(name);
    std::fs::create_dir_all(path.parent().context("a file in a folder")?)?;
    std::fs::write(&path, content)?;
    Ok(path)
}

#[path = "browser_devtools.rs"]
mod devtools;

#[cfg(test)]
#[path = "browser_tests.rs"]
mod tests;
