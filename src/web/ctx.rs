//! What every page handler needs to know of its request.

use super::page::Base;
use crate::account::sign_ins::{self, Way};
use crate::app::App;
use crate::application::handoff::Pass;
use crate::audit::Actor;
use crate::error::{Door, Error, Result};
use crate::kernel::time::MINUTE;
use poem::session::Session;
use poem::{FromRequest, Request, RequestBody};

/// The request's context: the application, the session, where it came from.
pub struct Ctx {
    /// The application.
    pub app: App,
    session: Session,
    address: String,
    user_agent: String,
    at: String,
}

const WORKER: &str = "worker";
/// The worker's sign-in: its row keeps the session alive ([`sign_ins`]).
const SIGN_IN: &str = "sign_in";
/// When the worker last proved to be themselves, milliseconds.
const PROVED: &str = "proved";
/// A form that was kept while somebody had to sign in again ([`super::kept`]).
const KEPT: &str = "kept";
/// Who came by the APP and has to prove a phone first.
const APP_PENDING: &str = "app_pending";
const OFFICER: &str = "officer";
const OFFICER_SESSION: &str = "officer_session";
const OFFICER_SCAN: &str = "officer_scan";
const OPENID: &str = "openid";
const OAUTH: &str = "oauth";
const CSRF: &str = "csrf";
const FLASH: &str = "flash";
const HANDOFF: &str = "handoff";

/// A proof counts so long.
const PROVED_FOR: i64 = 10 * MINUTE;
/// Characters of a worker's mark.
pub const MARK: usize = 16;

impl Ctx {
    /// The signed-in worker's id, or [`Error::SignIn`].
    pub fn worker(&self) -> Result<String> {
        self.session.get(WORKER).ok_or(Error::SignIn(Door::Worker))
    }

    /// The signed-in officer's id, or [`Error::SignIn`].
    pub fn officer(&self) -> Result<String> {
        self.session.get(OFFICER).ok_or(Error::SignIn(Door::Officer))
    }

    /// The officer's session (union::sessions), or [`Error::SignIn`].
    pub fn officer_session(&self) -> Result<String> {
        self.session
            .get(OFFICER_SESSION)
            .ok_or(Error::SignIn(Door::Officer))
    }

    /// Remembers that the password was right and a scan is still to come.
    pub fn set_officer_scan(&self, token: &str) {
        self.session.set(OFFICER_SCAN, token);
    }

    /// The token of the scan that is still to come.
    pub fn officer_scan(&self) -> Option<String> {
        self.session.get(OFFICER_SCAN)
    }

    /// Whether nobody is signed in at any door.
    pub fn is_stranger(&self) -> bool {
        self.worker().is_err() && self.officer().is_err()
    }

    /// Who acts as a worker, for the audit trail.
    pub fn worker_actor(&self) -> Result<Actor> {
        self.worker().map(Actor::Worker)
    }

    /// The WeChat user who came through OAuth in this session.
    pub fn openid(&self) -> Option<String> {
        self.session.get(OPENID)
    }

    /// Remembers who came through WeChat's OAuth.
    pub fn set_openid(&self, openid: &str) {
        self.session.set(OPENID, openid);
    }

    /// Remembers that this browser began a WeChat login.
    pub fn set_oauth_state(&self, state: &str) {
        self.session.set(OAUTH, state);
    }

    /// Whether this browser began the login with this state; asked once.
    pub fn began_oauth(&self, state: &str) -> bool {
        let began: Option<String> = self.session.get(OAUTH);
        self.session.remove(OAUTH);
        began.as_deref() == Some(state)
    }

    /// Signs a worker in. The session id changes, so that one planted before is worthless; the session's former sign-in
    /// ends. Who was just asked for a code or a password has proven to be themselves.
    pub async fn sign_in_worker(&self, id: &str, way: Way) -> Result<()> {
        let former: Option<String> = self.session.get(SIGN_IN);
        let device = super::device::words(&self.user_agent);
        let new = sign_ins::begin(&self.app, id, way, &device, former.as_deref()).await?;
        self.session.set(WORKER, id);
        self.session.set(SIGN_IN, new);
        self.session.remove(PROVED);
        if matches!(way, Way::Sms | Way::Password) {
            self.set_proved();
        }
        self.renew();
        Ok(())
    }

    /// The id of the worker's sign-in in this session.
    pub fn sign_in_id(&self) -> String {
        self.session.get(SIGN_IN).unwrap_or_default()
    }

    /// Notes that the worker has just proven to be themselves, by code or password.
    pub fn set_proved(&self) {
        self.session.set(PROVED, self.app.now().0);
    }

    /// Whether that was a short while ago: asked before what cannot be undone.
    pub fn has_proved(&self) -> bool {
        let at: Option<i64> = self.session.get(PROVED);
        at.is_some_and(|at| (0..=PROVED_FOR).contains(&(self.app.now().0 - at)))
    }

    /// The key of a form that was kept.
    pub fn kept(&self) -> Option<String> {
        self.session.get(KEPT)
    }

    /// Remembers it, or forgets it.
    pub fn set_kept(&self, key: Option<&str>) {
        match key {
            Some(key) => self.session.set(KEPT, key),
            None => self.session.remove(KEPT),
        }
    }

    /// The key of who came by the APP and has to prove a phone.
    pub fn app_pending(&self) -> Option<String> {
        self.session.get(APP_PENDING)
    }

    /// Remembers it, or forgets it.
    pub fn set_app_pending(&self, key: Option<&str>) {
        match key {
            Some(key) => self.session.set(APP_PENDING, key),
            None => self.session.remove(APP_PENDING),
        }
    }

    /// A mark of the worker that says nothing to anybody else: it ends the CSRF token, so that a form sent after the
    /// sign-in ended still tells whose it is.
    pub fn mark_of(&self, worker_id: &str) -> String {
        self.app.sealer.index("typed-by", worker_id)[..MARK].to_owned()
    }

    /// Ends a worker's session here if its sign-in was ended elsewhere.
    async fn end_if_ended(&self) -> Result<()> {
        let Some(worker) = self.session.get::<String>(WORKER) else {
            return Ok(());
        };
        if !sign_ins::holds(&self.app, &self.sign_in_id(), &worker).await? {
            self.forget_worker();
        }
        Ok(())
    }

    fn forget_worker(&self) {
        for entry in [WORKER, SIGN_IN, PROVED, OPENID, APP_PENDING] {
            self.session.remove(entry);
        }
        self.renew();
    }

    /// Signs an officer in, likewise, for the session that was begun (union::sessions).
    pub fn sign_in_officer(&self, id: &str, session: &str) {
        self.session.set(OFFICER, id);
        self.session.set(OFFICER_SESSION, session);
        self.session.remove(OFFICER_SCAN);
        self.renew();
    }

    /// Signs out at one door; the other one's sign-in in the same browser stays.
    pub fn sign_out(&self, door: Door) {
        match door {
            Door::Worker => self.forget_worker(),
            Door::Officer => {
                self.session.remove(OFFICER);
                self.session.remove(OFFICER_SESSION);
                self.session.remove(OFFICER_SCAN);
                self.renew();
            }
        }
    }

    /// Signs the worker out, so that the sign-in is listed no more.
    pub async fn sign_out_worker(&self) -> Result<()> {
        self.set_kept(None);
        if let Ok(worker) = self.worker() {
            sign_ins::end(&self.app, &worker, &self.sign_in_id()).await?;
        }
        self.sign_out(Door::Worker);
        Ok(())
    }

    /// Another WeChat user came in with this browser: whoever was signed in as a worker no longer is.
    pub async fn leave_worker(&self) -> Result<()> {
        if let Ok(worker) = self.worker() {
            sign_ins::end(&self.app, &worker, &self.sign_in_id()).await?;
            self.forget_worker();
        }
        Ok(())
    }

    /// The pass of a phone that uploads for a PC; it signs nobody in.
    pub fn handoff(&self) -> Option<Pass> {
        self.session.get(HANDOFF)
    }

    /// Gives this browser such a pass, in a session of a new id.
    pub fn set_handoff(&self, pass: &Pass) {
        self.session.set(HANDOFF, pass);
        self.renew();
    }

    /// Takes it away.
    pub fn drop_handoff(&self) {
        self.session.remove(HANDOFF);
        self.renew();
    }

    fn renew(&self) {
        self.session.remove(CSRF);
        self.session.renew();
    }

    /// The session's CSRF token, made when first asked for.
    pub fn csrf(&self) -> String {
        self.session.get(CSRF).unwrap_or_else(|| {
            let mark = self
                .worker()
                .map_or_else(|_| String::new(), |id| format!(".{}", self.mark_of(&id)));
            let token = self.app.entropy.token() + &mark;
            self.session.set(CSRF, &token);
            token
        })
    }

    /// Whether a posted token is the session's.
    pub fn csrf_holds(&self, posted: &str) -> bool {
        use subtle::ConstantTimeEq as _;
        let expected: Option<String> = self.session.get(CSRF);
        expected.is_some_and(|token| bool::from(token.as_bytes().ct_eq(posted.as_bytes())))
    }

    /// A sentence for the next page ("已退出登录").
    pub fn flash(&self, text: &str) {
        self.session.set(FLASH, text);
    }

    /// What the layout needs; takes the flash away.
    pub fn base(&self, title: &str) -> Base {
        let flash: Option<String> = self.session.get(FLASH);
        if flash.is_some() {
            self.session.remove(FLASH);
        }
        Base {
            title: title.to_owned(),
            csrf: self.csrf(),
            assets: super::assets::version(),
            worker: self.session.get::<String>(WORKER).is_some(),
            officer: self.session.get::<String>(OFFICER).is_some(),
            at: self.at.clone(),
            flash,
            bar: None,
        }
    }

    /// The client's address, for throttling only.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What the browser calls itself.
    pub fn user_agent(&self) -> &str {
        &self.user_agent
    }

    /// Whether the page is shown inside WeChat.
    pub fn in_wechat(&self) -> bool {
        self.user_agent.contains("MicroMessenger")
    }
}

impl<'a> FromRequest<'a> for Ctx {
    async fn from_request(req: &'a Request, _body: &mut RequestBody) -> poem::Result<Self> {
        let app = req
            .data::<App>()
            .cloned()
            .ok_or_else(|| anyhow::anyhow!("no application data"));
        let app = app.map_err(Error::Internal)?;
        let session = <&Session>::from_request_without_body(req).await?.clone();
        let header = |name: &str| req.header(name).unwrap_or_default().to_owned();
        let proxied = app.config.http.behind_proxy.then(|| header("x-forwarded-for"));
        let proxied = proxied
            .and_then(|list| list.rsplit(',').next().map(|a| a.trim().to_owned()))
            .filter(|a| !a.is_empty());
        let address = proxied.unwrap_or_else(|| {
            req.remote_addr()
                .as_socket_addr()
                .map_or_else(|| "unknown".to_owned(), |a| a.ip().to_string())
        });
        let first = req.original_uri().path().split('/').nth(1).unwrap_or_default();
        let ctx = Ctx {
            at: if first.is_empty() { "home" } else { first }.to_owned(),
            app,
            session,
            address,
            user_agent: header("user-agent"),
        };
        ctx.end_if_ended().await?;
        Ok(ctx)
    }
}
