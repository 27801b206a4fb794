//! `/`: the entries of, the current intake's dates, the latest notices, who is signed in, the hotline.

use super::super::ctx::Ctx;
use super::super::page::{Base, page};
use super::articles::{Line, line};
use super::view::{self, IntakeView};
use crate::application::{Application, State};
use crate::content::articles::{self, Kind};
use crate::error::Result;
use askama::Template;
use poem::{Response, handler};

#[derive(Template, Default)]
#[template(path = "worker/home.html")]
pub struct HomePage {
    pub base: Base,
    pub intake: Option<IntakeView>,
    pub who: Option<Who>,
    pub news: Option<News>,
    /// The latest of 政策通知.
    pub policies: Vec<Line>,
    /// The latest of 网站资讯.
    pub articles: Vec<Line>,
}

/// So many of each are shown.
const LATEST: usize = 3;

/// Who is signed in.
pub struct Who {
    pub name: String,
    /// Masked.
    pub phone: String,
}

/// Where the worker's application stands.
pub struct News {
    pub link: &'static str,
    pub heading: &'static str,
    pub text: String,
    pub state: &'static str,
    pub tone: &'static str,
}

/// `GET /`
#[handler]
pub async fn show(ctx: Ctx) -> Result<Response> {
    let (mut who, mut news) = (None, None);
    if ctx.worker().is_ok() {
        let (worker, application) = super::mine(&ctx).await?;
        news = application.map(|a| told(&a));
        who = Some(Who {
            name: worker.name,
            phone: worker.phone.masked(),
        });
    }
    let intake = view::intake(&ctx.app).await?.map(|(_, view)| view);
    page(&HomePage {
        base: ctx.base("首页"),
        intake,
        who,
        news,
        policies: latest(&ctx, Kind::Policy).await?,
        articles: latest(&ctx, Kind::News).await?,
    })
}

async fn latest(ctx: &Ctx, kind: Kind) -> Result<Vec<Line>> {
    let heads = articles::latest(&ctx.app, kind, LATEST).await?;
    Ok(heads.into_iter().map(line).collect())
}

fn told(application: &Application) -> News {
    let (link, heading) = match application.state {
        State::Draft => ("/apply", "继续填写申请"),
        State::Returned => ("/progress", "您的申请需要补正"),
        State::Recalled | State::RecalledWaiting => ("/apply", "改好后请重新提交"),
        _ => ("/progress", "我的申请进度"),
    };
    // A draft has its number on the printed form, but was not submitted.
    let text = match (&application.number, application.submitted_at) {
        (Some(number), Some(_)) => format!("申请编号 {number}"),
        _ => "已保存，尚未提交".to_owned(),
    };
    News {
        link,
        heading,
        text,
        state: application.state.label(),
        tone: tone(application.state),
    }
}

/// The colour that goes with a state.
pub fn tone(state: State) -> &'static str {
    match state {
        State::Approved => "ok",
        State::Returned | State::Waitlisted | State::Recalled | State::RecalledWaiting => "warn",
        State::Rejected | State::Expired => "bad",
        State::InReview => "on",
        State::Draft | State::Withdrawn => "",
    }
}
