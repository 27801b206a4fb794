//! Signing in by each door, and up by phone: slider, SMS code, password, the APP's ticket.

use super::Tag;
use super::bearer::Signed;
use super::gate::Ctx;
use super::session::{self, Session};
use super::view::Me;
use crate::account::app_door::{self, Arrival};
use crate::account::mini::Visitor;
use crate::account::sign_ins::{self, Way};
use crate::account::{Worker, app_ticket, passwords, slider, sms_code, workers};
use crate::app::App;
use crate::error::{Error, Result};
use crate::kernel::{FieldErrors, Phone, time};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

/// The operations.
pub struct SignInApi;

/// A challenge of the slider.
#[derive(Object)]
struct Challenge {
    /// To be sent back with the drag.
    challenge: String,
}

/// Where the handle was at a moment of the drag.
#[derive(Object)]
struct Point {
    /// In permille of the track: 0 the left end, 1000 the right one.
    x: i32,
    /// Milliseconds since the press.
    t: i64,
}

/// The way the handle went.
#[derive(Object)]
struct Drag {
    /// The challenge.
    challenge: String,
    /// From the left to the right end, in several steps.
    track: Vec<Point>,
}

/// What a drag gives.
#[derive(Object)]
struct Pass {
    /// Good for one code, for five minutes.
    pass: String,
}

/// Where a code goes.
#[derive(Object)]
struct CodeWanted {
    /// The worker's own mobile number.
    #[oai(default)]
    phone: String,
    /// The slider's pass.
    #[oai(default)]
    pass: String,
}

/// A code was sent.
#[derive(Object)]
struct CodeSent {
    /// Seconds until the next may be asked for.
    wait_s: i64,
}

/// The phone and the code sent to it.
#[derive(Object)]
struct Proof {
    /// The phone.
    #[oai(default)]
    phone: String,
    /// The code.
    #[oai(default)]
    code: String,
}

/// Phone and password.
#[derive(Object)]
struct ByPassword {
    /// The phone.
    #[oai(default)]
    phone: String,
    /// The password, set on the pages.
    #[oai(default)]
    password: String,
}

/// What the 齐鲁工惠 APP signed: docs/app-webview.md.
#[derive(Object)]
struct Ticket {
    /// The JWT; holds once.
    #[oai(default)]
    ticket: String,
}

/// Who brought a ticket: signed in, or asked for a phone's proof first.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct Arrived {
    /// The session.
    session: Option<Opened>,
    /// The phone has to be proven: for `POST /sessions/app/proof`, within ten minutes.
    proof: Option<ToProve>,
}

/// What has to be proven before a ticket leads in.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct ToProve {
    /// To be sent back with phone and code.
    key: String,
    /// The one phone that counts, its middle hidden: the account with the same ID number has it. None: any own phone.
    phone: Option<String>,
}

/// A phone's proof for a ticket that did not vouch for it.
#[derive(Object)]
struct TicketProof {
    /// From `POST /sessions/app`.
    #[oai(default)]
    key: String,
    /// The phone.
    #[oai(default)]
    phone: String,
    /// The code sent to it.
    #[oai(default)]
    code: String,
}

/// What is typed at sign-up.
#[derive(Object)]
struct SignUp {
    /// The phone.
    #[oai(default)]
    phone: String,
    /// The code.
    #[oai(default)]
    code: String,
    /// 姓名.
    #[oai(default)]
    name: String,
    /// 企业/单位.
    #[oai(default)]
    employer: String,
    /// 为我定制个性化的学习计划.
    #[oai(default)]
    study_plan: bool,
}

/// A session.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Opened {
    /// For `Authorization: Bearer`; shown this once.
    pub token: String,
    /// It ends after so many seconds without use.
    pub idle_s: u64,
    /// The worker, once they are known.
    pub worker: Option<Me>,
}

/// Nothing but that it is done.
#[derive(Object)]
pub struct Done {
    /// True.
    pub done: bool,
}

/// A session for a worker who came by phone.
async fn by_phone(app: &App, worker: &Worker) -> Result<Opened> {
    begin(app, worker, Way::Sms).await
}

async fn begin(app: &App, worker: &Worker, way: Way) -> Result<Opened> {
    let begun = sign_ins::begin(app, &worker.id, way, "手机应用", None).await?;
    opened(app, worker, begun, None).await
}

/// A session for a worker, with their sign-in, by whichever door.
pub async fn opened(app: &App, worker: &Worker, sign_in: String, visitor: Option<Visitor>) -> Result<Opened> {
    let (openid, unionid) = visitor.map_or((None, None), |v| (Some(v.openid), v.unionid));
    let session = Session {
        worker: Some(worker.id.clone()),
        sign_in: Some(sign_in),
        openid,
        unionid,
        ..Session::default()
    };
    Ok(Opened {
        token: session::begin(app, &session).await?,
        idle_s: session::IDLE.as_secs(),
        worker: Some(Me::from(worker)),
    })
}

#[OpenApi(tag = "Tag::Account")]
impl SignInApi {
    /// 取滑块验证
    ///
    /// 10 分钟内有效，只能用一次。
    #[oai(
        path = "/slider/challenges",
        method = "post",
        operation_id = "create_challenge"
    )]
    async fn challenge(&self, ctx: Ctx) -> Result<Json<Challenge>> {
        let challenge = slider::challenge(&ctx.app).await?;
        Ok(Json(Challenge { challenge }))
    }

    /// 提交滑块轨迹
    ///
    /// 从最左拖到最右，换取一次发送短信验证码的凭证。
    #[oai(path = "/slider/passes", method = "post", operation_id = "create_pass")]
    async fn pass(&self, ctx: Ctx, drag: Json<Drag>) -> Result<Json<Pass>> {
        let track: Vec<slider::Point> = drag.track.iter().map(|point| (point.x, point.t)).collect();
        let pass = slider::solve(&ctx.app, &ctx.address, &drag.challenge, &track).await?;
        Ok(Json(Pass { pass }))
    }

    /// 发送短信验证码
    ///
    /// 每个手机号 60 秒一次，每天 10 次；5 分钟内有效。
    #[oai(path = "/sms-codes", method = "post", operation_id = "send_code")]
    async fn send_code(&self, ctx: Ctx, wanted: Json<CodeWanted>) -> Result<Json<CodeSent>> {
        // The phone first: a slip in it does not use the slider's pass up.
        let phone = Phone::parse(&wanted.phone, &ctx.app.config.virtual_segments)
            .map_err(|refusal| Error::Invalid(FieldErrors::one("phone", refusal)))?;
        sms_code::send(&ctx.app, &phone, &ctx.address, &wanted.pass).await?;
        let wait_s = sms_code::GAP / time::SECOND;
        Ok(Json(CodeSent { wait_s }))
    }

    /// 手机号和短信验证码登录
    #[oai(path = "/sessions", method = "post", operation_id = "sign_in")]
    async fn sign_in(&self, ctx: Ctx, proof: Json<Proof>) -> Result<Json<Opened>> {
        let worker = workers::sign_in(&ctx.app, &proof.phone, &proof.code).await?;
        by_phone(&ctx.app, &worker).await.map(Json)
    }

    /// 手机号和密码登录
    ///
    /// 密码在网页“我的”中设置；没有设置过的，用短信验证码登录。
    #[oai(
        path = "/sessions/password",
        method = "post",
        operation_id = "sign_in_by_password"
    )]
    async fn by_password(&self, ctx: Ctx, typed: Json<ByPassword>) -> Result<Json<Opened>> {
        let worker = passwords::sign_in(&ctx.app, &typed.phone, &typed.password, &ctx.address).await?;
        begin(&ctx.app, &worker, Way::Password).await.map(Json)
    }

    /// 齐鲁工惠 APP 票据登录
    ///
    /// 票据只能用一次。APP 没有担保手机号，或同一身份证号已有账户的，返回 `proof`，须再验证手机号。
    #[oai(path = "/sessions/app", method = "post", operation_id = "sign_in_by_app")]
    async fn by_app(&self, ctx: Ctx, ticket: Json<Ticket>) -> Result<Json<Arrived>> {
        let app = &ctx.app;
        let person = app_ticket::open(app, &ticket.ticket).await?;
        let arrived = match app_door::enter(app, person).await? {
            Arrival::In(worker, _) => Arrived {
                session: Some(begin(app, &worker, Way::App).await?),
                proof: None,
            },
            Arrival::Prove(key) => {
                let pending = app_door::pending(app, &key).await?;
                let phone = pending.and_then(|(_, masked)| masked);
                Arrived {
                    session: None,
                    proof: Some(ToProve { key, phone }),
                }
            }
        };
        Ok(Json(arrived))
    }

    /// 票据登录时验证手机号
    ///
    /// 短信验证码用 `POST /sms-codes` 取得。
    #[oai(path = "/sessions/app/proof", method = "post", operation_id = "prove_app")]
    async fn prove_app(&self, ctx: Ctx, proof: Json<TicketProof>) -> Result<Json<Opened>> {
        let (worker, _) = app_door::prove(&ctx.app, &proof.key, &proof.phone, &proof.code).await?;
        begin(&ctx.app, &worker, Way::App).await.map(Json)
    }

    /// 注册
    ///
    /// 手机号已经注册过的，直接登录。
    #[oai(path = "/workers", method = "post", operation_id = "sign_up")]
    async fn sign_up(&self, ctx: Ctx, typed: Json<SignUp>) -> Result<Json<Opened>> {
        let typed = workers::SignUp {
            phone: &typed.phone,
            code: &typed.code,
            name: &typed.name,
            employer: &typed.employer,
            study_plan: typed.study_plan,
        };
        let (worker, _) = workers::sign_up(&ctx.app, &typed).await?;
        by_phone(&ctx.app, &worker).await.map(Json)
    }

    /// 当前用户
    #[oai(path = "/me", method = "get", operation_id = "me")]
    async fn me(&self, me: Signed) -> Result<Json<Me>> {
        Ok(Json(Me::from(&me.0.worker().await?)))
    }

    /// 退出登录
    #[oai(path = "/sessions/current", method = "delete", operation_id = "sign_out")]
    async fn sign_out(&self, me: Signed) -> Result<Json<Done>> {
        sign_ins::end(&me.0.app, &me.0.worker_id, &me.0.sign_in).await?;
        session::end(&me.0.app, &me.0.token).await?;
        Ok(Json(Done { done: true }))
    }

    /// 退出所有设备
    ///
    /// 网页和公众号里的登录也一起退出。
    #[oai(path = "/sessions", method = "delete", operation_id = "sign_out_everywhere")]
    async fn sign_out_everywhere(&self, me: Signed) -> Result<Json<Done>> {
        sign_ins::end_others(&me.0.app, &me.0.worker_id, "").await?;
        Ok(Json(Done { done: true }))
    }
}
