//! `/office/provider/staff`: a provider's administrator looks after the accounts of their own provider.
//!
//! # What tests hold on to
//! `tab-staff`, `add-officer`, one `officer` a line with `open-officer`.

use super::super::ctx::Ctx;
use super::super::page::{Base, page};
use super::Who;
use super::union_page::{MemberLine, member};
use crate::error::{Error, Result};
use crate::union::rights::{self, Act};
use crate::union::{Kind, staff};
use askama::Template;
use poem::{Response, handler};

/// Where it stands.
pub const PATH: &str = "/office/provider/staff";

#[derive(Template)]
#[template(path = "office/provider_staff.html")]
pub struct StaffPage {
    pub base: Base,
    pub who: Option<Who>,
    pub id: String,
    pub name: String,
    pub members: Vec<MemberLine>,
}

/// `GET /office/provider/staff`
#[handler]
pub async fn show(ctx: Ctx) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    if officer.union.kind != Kind::Provider {
        return Err(Error::NotFound);
    }
    let provider = rights::may(&ctx.app, &officer, Act::ManageOfficers, &officer.union.id).await?;
    let members = staff::list(&ctx.app, &officer, &provider.id).await?;
    page(&StaffPage {
        base: ctx.base("账号管理"),
        who: Who::of(&officer, "staff"),
        members: members.into_iter().map(|one| member(one, true)).collect(),
        id: provider.id,
        name: provider.name,
    })
}
