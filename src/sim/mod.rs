//! A WeChat, and an SMS gateway, that run here: for development, the demo and tests.
//!
//! It speaks WeChat's own protocol to an unchanged client and to an unchanged callback: same paths, same JSON,
//! same error codes, same signatures and envelopes, and refuses what WeChat refuses. Nothing here knows what
//! the account is used for. All state is in memory and lost when the process ends. Feature `demo` only.
//!
//! # Doors
//! * `POST /sim/sms` `{"phone","text"}`: the SMS gateway.
//! * Phones: `GET /` two side by side, `GET /phone/:user` one, `GET /phone/:user/open?url=` opens a page as
//!   that user (sets the cookie `sim_user`), `GET /sim/media/:id` a picture or film.
//! * WeChat's own paths. Every one but the web authorisation checks `access_token` first: 41001 missing, 40001
//!   unknown, replaced or of the other app (48001 on the mini program's interfaces), 42001 past its time.
//!
//! | path | rules and codes |
//! |--|--|
//! | `/cgi-bin/stable_token` | one token until 5 min before its end; force at most every 30 s and 20 a day (45009); 40002 41002 40013 41004 40125 |
//! | `/cgi-bin/ticket/getticket` | `jsapi`, `wx_card`; 7200 s; 40097 |
//! | `/cgi-bin/clear_quota` | 40013; 48006 after ten in thirty days |
//! | `/cgi-bin/message/custom/send` | 5 in 48 h after a message, 3 in 1 min after click, scan code, follow, scan: 45047 beyond, 45015 outside or after leaving; 40003 40008 41006 40007 44003 44004 45002 45008 53600 |
//! | `/cgi-bin/message/custom/typing` | 45072; 45080 without a message in 30 s; 45081 twice |
//! | `/cgi-bin/message/template/send` | 40037 40003 43004 47003; `client_msg_id` once in ten minutes; then `TEMPLATESENDJOBFINISH` |
//! | `/cgi-bin/message/subscribe/bizsend` | one grant one message (43101); 40003 40037 47003; no `msgid`; then `subscribe_msg_sent_event` |
//! | `/cgi-bin/message/subscribe/send` | the mini program's: its openids, 41030 for a page that is an address |
//! | `/cgi-bin/menu/create`, `get`, `delete` | 40015 … 40027 by button, 40033, 40054, 40055; 46003 |
//! | `/cgi-bin/menu/addconditional`, `delconditional`, `trymatch` | by `tag_id`, `language`, `client_platform_type`; newest that fits; 65301 … 65304, 45159, 40035 |
//! | `/cgi-bin/tags/create`, `get`, `delete`, `members/batchtagging`, `members/batchuntagging` | 45157 45158 45056 45159 40032 45059 |
//! | `/cgi-bin/user/info`, `info/batchget`, `get` | 41009 40003; at most 100 (40032); pages of 10,000 |
//! | `/cgi-bin/qrcode/create`, `/cgi-bin/showqrcode` | 40052 40053 |
//! | `/cgi-bin/media/upload`, `get` | three days; 40004 type, 41005 no file, 40005 format, 40006 size; 41006 40007; films as `video_url` |
//! | `/connect/oauth2/authorize`, `/sns/oauth2/access_token`, `/sns/userinfo` | order, one use (40163), five minutes (40029), consent for userinfo; `is_snapshotuser`, `unionid` by control |
//! | `/sns/jscode2session` | after [`Sim::set_mini`]; one use (40163), five minutes (40029), 40226 |
//! | `/wxa/business/getuserphonenumber` | one use, five minutes: 40029 |
//! | `/wxa/msg_sec_check` | version 2: 40003, 40129, 61010 without a visit in two hours; version 1: 87014; 44004 45002 |
//!
//! * WeChat Pay: `/v3/…` and `/sim/pay/…`, described in `src/sim/pay/mod.rs`.
//! * Control, JSON in and out, a refusal is `{"error","message"}` with a 4xx status:
//!
//! | call | body | answer |
//! |--|--|--|
//! | `GET /sim/users` | | `{"users":[{user,openid,nickname,phone,role,following}]}` |
//! | `POST /sim/users` | `{user,nickname,phone,language?}` | the user; an existing one is changed |
//! | `POST /sim/follow` | `{user,scene?}` | [outcome](#outcomes) |
//! | `POST /sim/unfollow` | `{user}` | outcome |
//! | `POST /sim/scan` | `{user, scene or ticket}` | outcome; `subscribe` if not following, else `SCAN` |
//! | `POST /sim/say` | `{user,text,menu_id?}` | outcome; `menu_id` is the tapped answer of a `msgmenu` |
//! | `POST /sim/send` | `{user,kind}` and for `image` `{data?}` (base64), `voice` `{recognition?}`, `video`, `shortvideo`, `location` `{latitude?,longitude?,label?}`, `link` `{title,description?,url}` | outcome |
//! | `POST /sim/event` | `{user,event}`: `LOCATION` `{latitude?,longitude?}`, `user_info_modified`, `user_authorization_revoke` `{revoke:[201…207]}`, `user_authorization_cancellation`, any other with `{fields:{…}}` | outcome |
//! | `POST /sim/tap` | `{user,path:[i]}` or `[i,j]`; `scan?` text, `pics?` 1 to 9, `place?` | click: outcome; view: `{"type":"view","url"}`; miniprogram: `{type,appid,pagepath}`; others: outcome with `type` |
//! | `POST /sim/subscribe` | `{user,templates:{id:"accept"\|"reject"},mini?}` | outcome of `subscribe_msg_popup_event`; `mini`: the mini program's grant, no event |
//! | `POST /sim/subscribe/ask` | `{user,templates:[id]}` | the phone shows the popup until it is answered |
//! | `POST /sim/subscribe/change` | `{user,template}` | turned off on the management page: outcome of `subscribe_msg_change_event` |
//! | `POST /sim/oauth` | `{user,snapshot}`, `{unionid}` | a snapshot's virtual openid; whether there are unionids |
//! | `POST /sim/jssdk` | what a page gives `wx.config`, and `url` | `{"ok",error}` |
//! | `POST /sim/mini/login`, `/sim/mini/phone` | `{user,blocked?}` | `{"code"}` of `wx.login`, of the phone-number button |
//! | `POST /sim/app/ticket` | `{user,…claims}`, `null` drops one | `{"ticket"}` of the owner's APP, after [`Sim::set_app`] |
//! | `POST /sim/mini/sec_check` | `{risky:[word],review:[word]}` | the words by which texts are judged (赌博, 刷单) |
//! | `GET /sim/inbox?user=&after=` | | `{"items":[{seq,at,kind,…}],"last":seq}`; `?phone=` instead of `user` for SMS to a number |
//! | `POST /sim/faults` | `{path, times?, errcode?, errmsg?, http_status?, delay_ms?, drop?, job_status?}` | `{"ok":true}` |
//! | `GET` / `DELETE /sim/faults` | | those still waiting / forget them |
//! | `POST /sim/quota` | `{path,left}` | so many calls of `path` until midnight in China, then 45009 |
//! | `POST /sim/limits` | `{user_page}` | openids in one answer of `user/get` |
//! | `POST /sim/format` | `{"format":"xml"\|"json"}` | how callbacks are written |
//! | `POST /sim/callbacks` | `{duplicate?,delay_ms?,hold?,drop_answer?}` | callbacks misbehave, below; `GET` shows it, `DELETE` ends it |
//! | `POST /sim/expire_tokens` | `{"kind"?:"expired"\|"invalid"}` | live access tokens of both apps answer 42001 (or 40001) from now on |
//! | `POST /sim/clock` | `{"advance_ms"}` | moves the simulator's own time (lifetimes), not the callbacks' timestamps |
//! | `POST /sim/verify_callback` | | what WeChat's console does when the URL is saved: `{"verified",…}` |
//! | `GET /sim/stats` | | calls per path, messages shown, template messages per `client_msg_id`, callback deliveries |
//! | `POST /sim/reset` | | the state of a fresh start |
//!
//! A callback without a good answer within 5 s is sent again, three times in all. `duplicate` sends each message so
//! many times more at the same moment, signed anew; `delay_ms` waits first; `hold` keeps the next so many back until a
//! later one has overtaken them (or 3 s); `drop_answer` loses the next so many answers, which are then asked for again.
//!
//! A fault is used up by the next `times` (1) calls of exactly `path`. `delay_ms` waits first; `drop` `true` or
//! `"before"` cuts the connection with nothing done, `"after"` does the work and loses the answer; `job_status`
//! (for `/cgi-bin/message/template/send`) accepts the message, does not show it, and reports this status in
//! `TEMPLATESENDJOBFINISH`.
//!
//! In the browser the phones share one cookie jar, ports included: `sim_user` is that of the webview opened last, and
//! the account's own session cookies are common to all phones. Pages must allow being framed by the simulator.
//!
//! # Outcomes
//! `{"outcome":"reply"|"none"|"trouble","attempts":n,"reply":null|{"kind":"text","text"}|{"kind":"news",…},"error":null|"…"}`:
//! `none` is `success` or an empty answer; `trouble` is what makes a phone show [`TROUBLE`].
//!
//! # `data-testid` of the phone page
//! | id | what |
//! |--|--|
//! | `phone` | the phone; `data-user`, `data-following` |
//! | `app-open` | 齐鲁工惠 APP: opens the account's pages with a fresh ticket |
//! | `tab-chat`, `tab-sms`, `tab-scan` | the three screens; `sms-unread` the unread mark |
//! | `follow-button`, `unfollow-button`, `account-menu` | following |
//! | `message-list`, `message` | the chat; each with `data-seq`, `data-kind` (`said` `sent` `text` `image` `voice` `video` `music` `news` `mini` `msgmenu` `template` `subscribe` `trouble` `notice`) |
//! | `template-card`, `template-field`, `template-open` | a template message, its fields (`data-key`), 查看详情 |
//! | `news-open`, `text-link` | an article's card, a link in a text reply |
//! | `picture`, `file-open`, `msgmenu-item` | a picture; a film, music, place, link or mini program; an answer (`data-id`) |
//! | `account-name` | the account, or 对方正在输入… |
//! | `toggle-more`, `send-image`, `send-voice`, `send-video`, `send-location`, `send-link` | what else can be sent |
//! | `subscribe`, `subscribe-item`, `subscribe-allow`, `subscribe-deny` | the popup of 订阅通知 |
//! | `toggle-keyboard`, `toggle-menu` | switch the bottom bar |
//! | `say-input`, `say-send` | typing |
//! | `menu-empty` | no menu has been pushed yet |
//! | `menu-0`, `menu-0-1` | the first button, its second entry |
//! | `sms-banner`, `sms-banner-code`, `sms-banner-copy`, `sms-banner-close` | the notification |
//! | `sms-item`, `sms-text`, `sms-code`, `sms-copy` | the list of SMS |
//! | `scan-item`, `scan-button`, `scan-input`, `scan-submit` | 扫一扫: `data-ticket`, `data-scene` |
//! | `webview` (hidden, not closed, while 短信 or 扫一扫 is shown), `webview-frame`, `webview-title`, `webview-back`, `webview-close`, `webview-reload`, `webview-newtab` | the page opened in WeChat |
//! | `pay-sheet`, `pay-amount`, `pay-description`, `pay-confirm`, `pay-cancel` | the cashier of WeChat Pay |
//! | `pay-code` | 扫一扫: a payment code that waits (`data-code`) |
//! | `toast` | a short word on what went wrong |
//! | `desk-left`, `desk-right`, `holder-left`, `holder-right`, `new-user`, `new-user-name`, `new-user-nickname`, `new-user-phone`, `new-user-save` | the page with two phones |
//! | `consent-allow`, `consent-deny` | the consent page of `snsapi_userinfo` |

mod account;
mod acts;
mod api;
mod app;
mod callback;
mod chaos;
mod conditional;
mod control;
mod custom;
mod delivery;
mod error;
mod faults;
mod incoming;
mod media;
mod menu;
mod mini;
mod node;
mod oauth;
mod pay;
mod phone;
mod qrcode;
mod quota;
mod reply;
mod routes;
mod sec_check;
mod sms;
mod state;
mod subscribe;
mod tags;
mod tap;
mod template;
mod template_rules;
mod ticket;
mod token;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use poem::Server;
use poem::listener::TcpAcceptor;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::wechat::callback::Mode;

pub use app::SimApp;
pub use delivery::TROUBLE;
pub use pay::SimMerchant;
pub use state::{mini_openid_of, openid_of, unionid_of};

use state::State;

/// How long a callback may take to answer before WeChat hangs up (facts row 4).
const CALLBACK_TIMEOUT: Duration = Duration::from_secs(5);
/// How long open requests may go on once the simulator is told to stop.
const STOP_WITHIN: Duration = Duration::from_secs(2);

/// What the account's console would hold, and where its callback is.
#[derive(Clone)]
pub struct SimConfig {
    /// The account's AppID.
    pub app_id: String,
    /// The account's AppSecret.
    pub app_secret: String,
    /// The token with which callbacks are signed.
    pub token: String,
    /// EncodingAESKey, 43 characters; only used in compatible and secure mode.
    pub encoding_aes_key: String,
    /// How callbacks are sent.
    pub mode: Mode,
    /// Absolute URL of the callback; empty while there is none.
    pub callback_url: String,
    /// The message templates the account has.
    pub templates: Vec<SimTemplate>,
}

/// A message template as the account's console lists it.
#[derive(Clone, Debug, serde::Serialize)]
pub struct SimTemplate {
    /// `template_id` of `/cgi-bin/message/template/send`.
    pub id: String,
    /// The card's title.
    pub title: String,
    /// Keyword (`thing1`, `time2` …; its letters decide the limits) and the label before its value.
    pub fields: Vec<(String, String)>,
}

/// The simulator; clones are handles on the same one.
#[derive(Clone)]
pub struct Sim {
    inner: Arc<Inner>,
}

/// The mini program of the same owner.
#[derive(Clone)]
struct MiniApp {
    app_id: String,
    secret: String,
}

struct Inner {
    cfg: SimConfig,
    mini: Mutex<Option<MiniApp>>,
    app: Mutex<Option<SimApp>>,
    pay: Mutex<Option<Arc<SimMerchant>>>,
    callback_url: Mutex<String>,
    callback_timeout: Mutex<Duration>,
    state: Mutex<State>,
    http: reqwest::Client,
    stop: CancellationToken,
}

impl Sim {
    /// A simulator with the preset users and nothing else in it.
    #[expect(
        clippy::expect_used,
        reason = "fails only if TLS cannot be initialised: nothing could be sent at all"
    )]
    pub fn new(cfg: SimConfig) -> Sim {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("HTTP client for callbacks");
        Sim {
            inner: Arc::new(Inner {
                callback_url: Mutex::new(cfg.callback_url.clone()),
                callback_timeout: Mutex::new(CALLBACK_TIMEOUT),
                mini: Mutex::new(None),
                app: Mutex::new(None),
                pay: Mutex::new(None),
                state: Mutex::new(State::fresh(0)),
                http,
                stop: CancellationToken::new(),
                cfg,
            }),
        }
    }

    /// Serves until `stop` is cancelled; requests under way get two seconds to finish.
    ///
    /// # Errors
    /// When the listener cannot be used.
    pub async fn serve(self, listener: TcpListener, stop: CancellationToken) -> std::io::Result<()> {
        let acceptor = TcpAcceptor::from_tokio(listener)?;
        let stopping = self.inner.stop.clone();
        let signal = async move {
            stop.cancelled().await;
            stopping.cancel();
        };
        Server::new_with_acceptor(acceptor)
            .name("sim")
            .run_with_graceful_shutdown(routes::routes(self), signal, Some(STOP_WITHIN))
            .await
    }

    /// Changes where callbacks are sent; empty for nowhere.
    pub fn set_callback_url(&self, url: String) {
        *unpoisoned(&self.inner.callback_url) = url;
    }

    /// Changes how long one delivery may take (WeChat: 5 s), so that a test of slow answers need not be slow.
    pub fn set_callback_timeout(&self, timeout: Duration) {
        *unpoisoned(&self.inner.callback_timeout) = timeout;
    }

    fn callback_url(&self) -> String {
        unpoisoned(&self.inner.callback_url).clone()
    }

    fn callback_timeout(&self) -> Duration {
        *unpoisoned(&self.inner.callback_timeout)
    }

    fn cfg(&self) -> &SimConfig {
        &self.inner.cfg
    }

    /// Never hold this over an `.await`.
    fn state(&self) -> MutexGuard<'_, State> {
        unpoisoned(&self.inner.state)
    }
}

/// A panic elsewhere must not take the simulator down with it: its state is always whole between statements.
fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
