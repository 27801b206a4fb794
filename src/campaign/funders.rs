//! Who gives money, and how much to each person: the city, 全总/省总, the units, streets and enterprises, and
//! employers' own education funds. The payout reads [`for_worker`].

use super::{plan, store};
use crate::app::App;
use crate::audit::{self, Line};
use crate::db::Tx;
use crate::error::{Error, Result, is_unique_violation};
use crate::kernel::{Fen, FieldErrors, Refusal, text};
use crate::union::rights::{self, Act};
use crate::union::{self, Officer, Union, tree};
use serde_json::json;

crate::text_enum! {
    /// What a funder is.
    pub enum Kind {
        /// 市总工会: its amount is the campaign's.
        City = "city",
        /// 全国总工会、省总工会: to everybody.
        Upper = "upper",
        /// 区县（产业、直属、企业集团）工会: to its own workers.
        Unit = "unit",
        /// 乡镇街道、企业工会: to its own workers.
        Lower = "lower",
        /// 用人单位职工教育经费: to its own employees.
        Employer = "employer",
    }
}

impl Kind {
    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Kind::City => "市总工会",
            Kind::Upper => "全总 / 省总",
            Kind::Unit => "区县（产业）单位配套",
            Kind::Lower => "街道 / 企业工会",
            Kind::Employer => "用人单位教育经费",
        }
    }
}

/// Who gives how much to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Funder {
    /// Its id; empty for the city, whose amount is the campaign's.
    pub id: String,
    /// What it is.
    pub kind: Kind,
    /// The union whose workers get it; the city's for all.
    pub union_id: String,
    /// That union's path.
    pub union_path: String,
    /// That union's name.
    pub union: String,
    /// Who gives.
    pub name: String,
    /// To each person.
    pub amount: Fen,
}

impl Funder {
    /// whether it gives to a worker of the union at `path`, employed by `employer` as the form says.
    pub fn gives(&self, path: &str, employer: &str) -> bool {
        let of_employer = || text::clean(employer) == self.name;
        union::covers(&self.union_path, path) && (self.kind != Kind::Employer || of_employer())
    }
}

/// The funders of a campaign: the city first, then by kind and unit.
pub async fn of_campaign(app: &App, campaign_id: &str) -> Result<Vec<Funder>> {
    let campaign = plan::find(app, campaign_id).await?;
    let root = tree::root(app).await?.ok_or(Error::NotFound)?;
    let city = Funder {
        id: String::new(),
        kind: Kind::City,
        union_id: root.id,
        union_path: root.path,
        name: root.name.clone(),
        union: root.name,
        amount: campaign.city_grant,
    };
    let mut all = vec![city];
    all.extend(store::funders(app, campaign_id).await?);
    Ok(all)
}

/// Who gives to a worker of the union at `path`, employed by `employer`. One application can carry several grants.
pub async fn for_worker(app: &App, campaign_id: &str, path: &str, employer: &str) -> Result<Vec<Funder>> {
    let mut funders = of_campaign(app, campaign_id).await?;
    funders.retain(|funder| funder.gives(path, employer));
    Ok(funders)
}

/// Copies the funders of one campaign to another whose unions are still there, within the caller's transaction.
pub(super) async fn copy(app: &App, tx: &mut Tx, from: &str, to: &str) -> Result<()> {
    for funder in store::funders_in(tx, from).await? {
        let copied = Funder {
            id: app.id(),
            ..funder
        };
        store::insert_funder(tx, to, &copied, app.now()).await?;
    }
    Ok(())
}

/// What is typed for a funder.
#[derive(Debug, Clone, Default)]
pub struct Typed<'a> {
    /// A [`Kind`] other than the city.
    pub kind: &'a str,
    /// The unit's id; not for 全总 and 省总.
    pub unit: &'a str,
    /// 全总 or 省总; the street's or enterprise's union; the employer. Not for a unit.
    pub name: &'a str,
    /// Yuan to each.
    pub amount: &'a str,
}

/// Adds a funder to a campaign.
///
/// Errors: by [`rights::city`]; at `kind`, `unit`, `name`, `amount`; [`Refusal::FunderTwice`] at `name`.
pub async fn add(app: &App, officer: &Officer, campaign_id: &str, typed: &Typed<'_>) -> Result<()> {
    let result = add_checked(app, officer, campaign_id, typed).await;
    rights::noted(
        app,
        &officer.actor(),
        "funder.add",
        ("campaign", campaign_id),
        result,
    )
    .await
}

async fn add_checked(app: &App, officer: &Officer, campaign_id: &str, typed: &Typed<'_>) -> Result<()> {
    let city = rights::city(app, officer, Act::ManagePlaces).await?;
    plan::find(app, campaign_id).await?;
    let mut errors = FieldErrors::default();
    let kind = Kind::parse(typed.kind).filter(|kind| *kind != Kind::City);
    let kind = errors.take("kind", kind.ok_or(Refusal::NotAChoice));
    let amount = errors.take("amount", plan::amount(typed.amount));
    let target = match kind {
        Some(kind) => target(app, &mut errors, kind, &city, typed).await?,
        None => None,
    };
    let (Some(kind), Some(amount), Some((union, name))) = (kind, amount, target) else {
        return Err(errors.into());
    };
    let funder = Funder {
        id: app.id(),
        kind,
        union_id: union.id,
        union_path: union.path,
        union: union.name,
        name,
        amount,
    };
    let mut tx = app.db.write().await?;
    store::lock_plan(&mut tx).await?;
    match store::insert_funder(&mut tx, campaign_id, &funder, app.now()).await {
        Err(error) if is_unique_violation(&error) => {
            return Err(FieldErrors::one("name", Refusal::FunderTwice).into());
        }
        other => other?,
    }
    let detail = json!({ "kind": kind, "union": funder.union_id, "amount_fen": amount });
    note(app, &mut tx, officer, ("funder.add", campaign_id), detail).await?;
    tx.commit().await?;
    Ok(())
}

/// Whose workers get it, and who gives.
async fn target(
    app: &App,
    errors: &mut FieldErrors,
    kind: Kind,
    city: &Union,
    typed: &Typed<'_>,
) -> Result<Option<(Union, String)>> {
    let unit = match kind {
        Kind::Upper => Some(city.clone()),
        _ => {
            let units = tree::choices(app, None).await?;
            let unit = units.into_iter().find(|unit| unit.id == typed.unit);
            errors.take("unit", unit.ok_or(Refusal::NotAChoice))
        }
    };
    let name = match kind {
        Kind::Unit => unit.as_ref().map(|unit| unit.name.clone()),
        _ => errors.take("name", text::line(typed.name, 2, 60)),
    };
    let (Some(unit), Some(name)) = (unit, name) else {
        return Ok(None);
    };
    if kind != Kind::Lower {
        return Ok(Some((unit, name)));
    }
    let lower = store::union_named(app, &unit.path, &name).await?;
    let lower = match lower {
        Some(id) => Some(tree::find(app, &id).await?),
        None => None,
    };
    Ok(errors
        .take("name", lower.ok_or(Refusal::UnionUnknown))
        .map(|lower| (lower, name)))
}

/// "各单位原则上按同等数量、金额配套": every unit that has no line yet gets one of the city's amount. Gives how many.
pub async fn match_all(app: &App, officer: &Officer, campaign_id: &str) -> Result<usize> {
    let result = match_checked(app, officer, campaign_id).await;
    rights::noted(
        app,
        &officer.actor(),
        "funder.match",
        ("campaign", campaign_id),
        result,
    )
    .await
}

async fn match_checked(app: &App, officer: &Officer, campaign_id: &str) -> Result<usize> {
    rights::city(app, officer, Act::ManagePlaces).await?;
    let campaign = plan::find(app, campaign_id).await?;
    let units = tree::choices(app, None).await?;
    let mut tx = app.db.write().await?;
    store::lock_plan(&mut tx).await?;
    let known = store::funders_in(&mut tx, campaign_id).await?;
    let has = |unit: &Union| {
        known
            .iter()
            .any(|f| f.kind == Kind::Unit && f.union_id == unit.id)
    };
    let mut added = 0;
    for unit in units.into_iter().filter(|unit| !has(unit)) {
        let funder = Funder {
            id: app.id(),
            kind: Kind::Unit,
            union_id: unit.id,
            union_path: unit.path,
            union: unit.name.clone(),
            name: unit.name,
            amount: campaign.city_grant,
        };
        store::insert_funder(&mut tx, campaign_id, &funder, app.now()).await?;
        added += 1;
    }
    let detail = json!({ "units": added, "amount_fen": campaign.city_grant });
    note(app, &mut tx, officer, ("funder.match", campaign_id), detail).await?;
    tx.commit().await?;
    Ok(added)
}

/// Gives a funder another amount; at `amount` when it is none. Without an amount the funder is taken out.
pub async fn set(
    app: &App,
    officer: &Officer,
    campaign_id: &str,
    id: &str,
    amount: Option<&str>,
) -> Result<()> {
    let result = set_checked(app, officer, campaign_id, id, amount).await;
    rights::noted(
        app,
        &officer.actor(),
        "funder.set",
        ("campaign", campaign_id),
        result,
    )
    .await
}

async fn set_checked(
    app: &App,
    officer: &Officer,
    campaign_id: &str,
    id: &str,
    typed: Option<&str>,
) -> Result<()> {
    rights::city(app, officer, Act::ManagePlaces).await?;
    let amount = match typed.map(plan::amount) {
        Some(Err(refusal)) => return Err(FieldErrors::one("amount", refusal).into()),
        Some(Ok(amount)) => Some(amount),
        None => None,
    };
    let mut tx = app.db.write().await?;
    let changed = match amount {
        Some(amount) => store::set_funder(&mut tx, campaign_id, id, amount).await?,
        None => store::delete_funder(&mut tx, campaign_id, id).await?,
    };
    if !changed {
        return Err(Error::NotFound);
    }
    let detail = json!({ "funder": id, "amount_fen": amount });
    note(app, &mut tx, officer, ("funder.set", campaign_id), detail).await?;
    tx.commit().await?;
    Ok(())
}

async fn note(
    app: &App,
    tx: &mut Tx,
    officer: &Officer,
    (act, campaign_id): (&str, &str),
    detail: serde_json::Value,
) -> Result<()> {
    let actor = officer.actor();
    let line = Line {
        actor: &actor,
        act,
        subject: ("campaign", campaign_id),
        detail,
    };
    Ok(audit::record(tx, &app.entropy, app.now(), line).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn funder(kind: Kind, path: &str, name: &str) -> Funder {
        Funder {
            id: String::new(),
            kind,
            union_id: String::new(),
            union_path: path.to_owned(),
            union: String::new(),
            name: name.to_owned(),
            amount: Fen::yuan(1000),
        }
    }

    /// everybody gets the city's and 省总's, a unit's workers the unit's, an employer's people the employer's.
    #[test]
    fn each_funder_gives_to_its_own() {
        let worker = ("/r/u1/s1/", " 济南示范机械有限公司 ");
        for (kind, path, name, gives) in [
            (Kind::City, "/r/", "济南市总工会", true),
            (Kind::Upper, "/r/", "山东省总工会", true),
            (Kind::Unit, "/r/u1/", "甲", true),
            (Kind::Unit, "/r/u2/", "乙", false),
            (Kind::Lower, "/r/u1/s1/", "丙街道", true),
            (Kind::Lower, "/r/u1/s2/", "丁街道", false),
            (Kind::Employer, "/r/u1/", "济南示范机械有限公司", true),
            (Kind::Employer, "/r/u1/", "别的公司", false),
            (Kind::Employer, "/r/u2/", "济南示范机械有限公司", false),
        ] {
            assert_eq!(
                funder(kind, path, name).gives(worker.0, worker.1),
                gives,
                "{kind} {name}"
            );
        }
    }
}
