//! The mini-program: sign-in by wx.login, the phone by WeChat's button, subscribe messages.

use super::Tag;
use super::bearer::{Visit, Visiting};
use super::gate::Ctx;
use super::session::{self, Session};
use super::sign_in::{Done, Opened, opened};
use crate::account::mini::Visitor;
use crate::account::sign_ins::{self, Way};
use crate::account::{Worker, mini, workers};
use crate::app::App;
use crate::error::Result;
use crate::kernel::{Phone, Refusal};
use poem_openapi::payload::Json;
use poem_openapi::{Enum, Object, OpenApi};

/// The operations.
pub struct MiniApi;

/// A code from WeChat; it works once, for five minutes.
#[derive(Object)]
struct Code {
    /// The code.
    #[oai(default)]
    code: String,
}

/// A phone that the person types, proven by SMS.
#[derive(Object)]
struct Binding {
    /// The phone of a registered worker.
    #[oai(default)]
    phone: String,
    /// The SMS code sent to it.
    #[oai(default)]
    code: String,
}

/// What the phone's button gave.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct PhoneProven {
    /// The phone, its middle hidden.
    phone: String,
    /// The worker's session, when the phone is registered; else sign up with the token one has.
    session: Option<Opened>,
}

/// What is typed at sign-up; the phone is known already.
#[derive(Object)]
struct Joining {
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

/// What wx.requestSubscribeMessage gave for one template.
#[derive(Object)]
struct Answer {
    /// The template's id.
    #[oai(default)]
    template_id: String,
    /// What it said.
    outcome: Outcome,
}

/// WeChat's words.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[oai(rename_all = "lowercase")]
enum Outcome {
    Accept,
    Reject,
    Ban,
    Filter,
}

/// Binds the visitor's WeChat to the worker whose phone is proven; a new session takes the place of theirs.
async fn enter(visit: &Visit, worker: &Worker) -> Result<Opened> {
    let app = &visit.ctx.app;
    mini::bind(app, &worker.id, &visit.visitor).await?;
    let former = &visit.presented.session;
    if let (Some(worker), Some(sign_in)) = (&former.worker, &former.sign_in) {
        sign_ins::end(app, worker, sign_in).await?;
    }
    session::end(app, &visit.presented.token).await?;
    begin(app, worker, visit.visitor.clone()).await
}

async fn begin(app: &App, worker: &Worker, visitor: Visitor) -> Result<Opened> {
    let begun = sign_ins::begin(app, &worker.id, Way::Mini, "微信小程序", None).await?;
    opened(app, worker, begun, Some(visitor)).await
}

#[OpenApi(tag = "Tag::Mini", prefix_path = "/mini")]
impl MiniApi {
    /// 小程序登录
    ///
    /// `code` 来自 wx.login。没有 `worker` 时，请继续授权手机号。
    #[oai(path = "/sessions", method = "post", operation_id = "mini_sign_in")]
    async fn sign_in(&self, ctx: Ctx, code: Json<Code>) -> Result<Json<Opened>> {
        let visitor = mini::log_in(&ctx.app, &ctx.address, &code.code).await?;
        if let Some(worker) = mini::worker_of(&ctx.app, &visitor.openid).await? {
            return begin(&ctx.app, &worker, visitor).await.map(Json);
        }
        let session = Session {
            openid: Some(visitor.openid),
            unionid: visitor.unionid,
            ..Session::default()
        };
        Ok(Json(Opened {
            token: session::begin(&ctx.app, &session).await?,
            idle_s: session.idle().as_secs(),
            worker: None,
        }))
    }

    /// 授权手机号
    ///
    /// `code` 来自 getPhoneNumber 按钮。手机号已注册的直接登录并绑定；未注册的，接着调用小程序注册。
    #[oai(path = "/phone", method = "post", operation_id = "mini_phone")]
    async fn phone(&self, visit: Visiting, code: Json<Code>) -> Result<Json<PhoneProven>> {
        let visit = visit.0;
        let app = &visit.ctx.app;
        let phone = mini::proven_phone(app, &visit.ctx.address, &code.code).await?;
        let session = match mini::worker_with(app, &phone).await? {
            Some(worker) => Some(enter(&visit, &worker).await?),
            None => {
                let proven = Session {
                    phone: Some(phone.digits().to_owned()),
                    ..visit.presented.session.clone()
                };
                session::keep(app, &visit.presented.token, &proven).await?;
                None
            }
        };
        Ok(Json(PhoneProven {
            phone: phone.masked(),
            session,
        }))
    }

    /// 用短信验证码绑定已注册的手机号
    ///
    /// 给不愿授权微信手机号的职工。
    #[oai(path = "/bindings", method = "post", operation_id = "mini_bind")]
    async fn bind(&self, visit: Visiting, proof: Json<Binding>) -> Result<Json<Opened>> {
        let worker = workers::sign_in(&visit.0.ctx.app, &proof.phone, &proof.code).await?;
        enter(&visit.0, &worker).await.map(Json)
    }

    /// 小程序注册
    ///
    /// 须先授权手机号。姓名和单位经微信内容安全检查。
    #[oai(path = "/workers", method = "post", operation_id = "mini_sign_up")]
    async fn sign_up(&self, visit: Visiting, typed: Json<Joining>) -> Result<Json<Opened>> {
        let visit = visit.0;
        let proven = visit.presented.session.phone.clone().ok_or(Refusal::PhoneFirst)?;
        let joining = mini::Joining {
            phone: &Phone::stored(proven),
            name: &typed.name,
            employer: &typed.employer,
            study_plan: typed.study_plan,
        };
        let (worker, _) = mini::sign_up(&visit.ctx.app, &visit.visitor, &joining).await?;
        enter(&visit, &worker).await.map(Json)
    }

    /// 记录订阅消息的授权
    ///
    /// wx.requestSubscribeMessage 对每个模板的回答；每次接受可发一条消息。
    #[oai(path = "/subscriptions", method = "post", operation_id = "mini_subscribe")]
    async fn subscribe(&self, visit: Visiting, answer: Json<Answer>) -> Result<Json<Done>> {
        let accepted = answer.outcome == Outcome::Accept;
        let app = &visit.0.ctx.app;
        mini::record_answer(app, &visit.0.visitor.openid, &answer.template_id, accepted).await?;
        Ok(Json(Done { done: true }))
    }
}
