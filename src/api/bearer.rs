//! Who calls: a worker, or somebody in the mini-program who is not known yet.

use super::gate::{Ctx, Presented};
use crate::account::mini::Visitor as MiniVisitor;
use crate::account::{Worker, sign_ins, workers};
use crate::app::App;
use crate::application::handoff::Pass;
use crate::error::{Door, Error, Result};
use crate::kernel::Refusal;
use poem::Request;
use poem_openapi::SecurityScheme;
use poem_openapi::auth::Bearer;

/// A session token from one of the sign-in operations
#[derive(SecurityScheme)]
#[oai(ty = "bearer", rename = "Bearer", checker = "worker")]
pub struct Signed(pub Caller);

/// A session token from one of the sign-in operations
#[derive(SecurityScheme)]
#[oai(ty = "bearer", rename = "Bearer", checker = "visitor")]
pub struct Visiting(pub Visit);

/// A token of `POST /handoff-sessions`: the phone that uploads for a PC
#[derive(SecurityScheme)]
#[oai(ty = "bearer", rename = "HandoffBearer", checker = "phone")]
pub struct Holding(pub Phone);

/// A phone that took up a hand-off.
pub struct Phone {
    /// The application.
    pub app: App,
    /// Its token.
    pub token: String,
    /// What makes the hand-off this phone's.
    pub pass: Pass,
}

/// A worker who is signed in.
pub struct Caller {
    /// The application.
    pub app: App,
    /// The worker's id.
    pub worker_id: String,
    /// The mini-program's openid, when they came with it.
    pub openid: Option<String>,
    /// The token.
    pub token: String,
    /// Their sign-in.
    pub sign_in: String,
}

impl Caller {
    /// The worker. One who is gone has to sign in again.
    pub async fn worker(&self) -> Result<Worker> {
        match workers::find(&self.app, &self.worker_id).await {
            Err(Error::NotFound) => Err(Error::SignIn(Door::Worker)),
            other => other,
        }
    }
}

/// Somebody who came through the mini-program, known as a worker or not.
pub struct Visit {
    /// Application and address.
    pub ctx: Ctx,
    /// Token and session.
    pub presented: Presented,
    /// Who, by WeChat's word.
    pub visitor: MiniVisitor,
}

async fn worker(req: &Request, _: Bearer) -> poem::Result<Caller> {
    let Presented { token, session } = presented(req)?;
    let (Some(worker_id), Some(sign_in)) = (session.worker, session.sign_in) else {
        return Err(Error::SignIn(Door::Worker).into());
    };
    let app = Ctx::of(req)?.app;
    if !sign_ins::holds(&app, &sign_in, &worker_id).await? {
        return Err(Error::SignIn(Door::Worker).into());
    }
    let caller = Caller {
        app,
        worker_id,
        sign_in,
        openid: session.openid,
        token,
    };
    caller.worker().await?;
    Ok(caller)
}

async fn phone(req: &Request, _: Bearer) -> poem::Result<Phone> {
    let Presented { token, session } = presented(req)?;
    let pass = session.handoff.ok_or(Error::SignIn(Door::Worker))?;
    let app = Ctx::of(req)?.app;
    Ok(Phone { app, token, pass })
}

async fn visitor(req: &Request, _: Bearer) -> poem::Result<Visit> {
    let presented = presented(req)?;
    let openid = presented
        .session
        .openid
        .clone()
        .ok_or(Error::Refused(Refusal::MiniOnly))?;
    let visitor = MiniVisitor {
        openid,
        unionid: presented.session.unionid.clone(),
    };
    Ok(Visit {
        ctx: Ctx::of(req)?,
        presented,
        visitor,
    })
}

fn presented(req: &Request) -> Result<Presented> {
    let presented = req.extensions().get::<Presented>().cloned();
    presented.ok_or(Error::SignIn(Door::Worker))
}
