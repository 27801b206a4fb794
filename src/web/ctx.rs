//! What every page handler needs to know of its request.

use super::page::Base;
use crate::app::App;
use crate::audit::Actor;
use crate::error::{Door, Error, Result};
use poem::session::Session;
use poem::{FromRequest, Request, RequestBody};

/// The request's context: the application, the session, where it came from.
pub struct Ctx {
    /// The application.
    pub app: App,
    session: Session,
    address: String,
    user_agent: String,
}

const WORKER: &str = "worker";
const OFFICER: &str = "officer";
const OPENID: &str = "openid";
const OAUTH: &str = "oauth";
const CSRF: &str = "csrf";
const FLASH: &str = "flash";

impl Ctx {
    /// The signed-in worker's id, or [`Error::SignIn`].
    pub fn worker(&self) -> Result<String> {
        self.session.get(WORKER).ok_or(Error::SignIn(Door::Worker))
    }

    /// The signed-in officer's id, or [`Error::SignIn`].
    pub fn officer(&self) -> Result<String> {
        self.session.get(OFFICER).ok_or(Error::SignIn(Door::Officer))
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

    /// Signs a worker in. The session id changes, so that one planted before is worthless.
    pub fn sign_in_worker(&self, id: &str) {
        self.session.set(WORKER, id);
        self.renew();
    }

    /// Signs an officer in, likewise.
    pub fn sign_in_officer(&self, id: &str) {
        self.session.set(OFFICER, id);
        self.renew();
    }

    /// Signs out at one door; the other one's sign-in in the same browser stays.
    pub fn sign_out(&self, door: Door) {
        match door {
            Door::Worker => {
                self.session.remove(WORKER);
                self.session.remove(OPENID);
            }
            Door::Officer => self.session.remove(OFFICER),
        }
        self.renew();
    }

    /// Another WeChat user came in with this browser: whoever was signed in as a worker no longer is.
    pub fn leave_worker(&self) {
        if self.session.get::<String>(WORKER).is_some() {
            self.session.remove(WORKER);
            self.renew();
        }
    }

    fn renew(&self) {
        self.session.remove(CSRF);
        self.session.renew();
    }

    /// The session's CSRF token, made when first asked for.
    pub fn csrf(&self) -> String {
        self.session.get(CSRF).unwrap_or_else(|| {
            let token = self.app.entropy.token();
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
            flash,
            bar: None,
        }
    }

    /// The client's address, for throttling only.
    pub fn address(&self) -> &str {
        &self.address
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
        Ok(Ctx {
            app,
            session,
            address,
            user_agent: header("user-agent"),
        })
    }
}
