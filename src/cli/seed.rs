//! The demo's data: this year's campaign from the 2021 plan with an intake open today, a street, and an officer at
//! each of the three levels.

use super::setup::{self, Windows};
use crate::app::App;
use crate::audit::Actor;
use crate::campaign::quotas::{self, ANNEX_1_OF_2021};
use crate::campaign::{self, Season, Window};
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::time::DAY;
use crate::kernel::{Phone, Time};
use crate::union::officers::{self, NewOfficer};
use crate::union::tree::{self, NewUnion};
use crate::union::{Kind, Role, Union};

/// The demo officers' password.
pub const PASSWORD: &str = "yuanmeng-demo";

/// A demo officer: the simulator's user, name, phone, where.
pub struct DemoOfficer {
    /// The simulator's user whose WeChat is bound.
    pub user: &'static str,
    /// Name.
    pub name: &'static str,
    /// Phone to sign in with.
    pub phone: &'static str,
    /// The union, by name.
    pub union: &'static str,
}

/// The unit of the demo's street, and the streets.
pub const UNIT: &str = "长清区总工会";
/// The street whose officer is first to review.
pub const STREET: &str = "崮云湖街道总工会";
const MORE_STREETS: &[(&str, &str)] = &[
    (UNIT, "文昌街道总工会"),
    ("历下区总工会", "文化东路街道总工会"),
    ("历下区总工会", "泉城路街道总工会"),
];

/// One officer a level.
pub const OFFICERS: [DemoOfficer; 3] = [
    DemoOfficer {
        user: "zhang",
        name: "张敏",
        phone: "13900139001",
        union: STREET,
    },
    DemoOfficer {
        user: "li",
        name: "李强",
        phone: "13900139002",
        union: UNIT,
    },
    DemoOfficer {
        user: "chen",
        name: "陈静",
        phone: "13900139003",
        union: setup::CENTRE,
    },
];

/// The 2021 plan's windows in this year; when neither is open today, the season's that is nearest is moved here.
pub fn windows_around(now: Time) -> Vec<Windows> {
    let mut windows = setup::windows_of(now.year());
    if windows.iter().any(|(_, apply, _)| apply.contains(now)) {
        return windows;
    }
    let season = if now < Time::shanghai(now.year(), 8, 1, 0, 0, 0) {
        Season::Spring
    } else {
        Season::Autumn
    };
    let today = Time::start_of(now.date());
    let until = |days: i64| Time(today.plus(days * DAY).0 - 1);
    let from = today.plus(-3 * DAY);
    let moved = (
        season,
        Window {
            from,
            until: until(24),
        },
        Window {
            from,
            until: until(31),
        },
    );
    windows.retain(|(s, _, _)| *s != season);
    windows.push(moved);
    windows
}

/// Fills an empty database; leaves one that has a campaign as it is. `openid_of` gives a simulator's user's openid.
pub async fn fill(app: &App, openid_of: impl Fn(&str) -> String) -> Result<()> {
    if campaign::current(app).await?.is_some() {
        return Ok(());
    }
    let table = quotas::parse(ANNEX_1_OF_2021)
        .map_err(|errors| anyhow::anyhow!("Annex 1 is malformed: {errors:?}"))?;
    let now = app.now();
    let mut tx = app.db.write().await?;
    let root = setup::city(app, &mut tx).await?;
    tx.commit().await?;
    let mut tx = app.db.write().await?;
    let units = setup::season(app, &mut tx, now.year(), &windows_around(now), &table).await?;
    let street = street(app, &mut tx, &units, UNIT, STREET, 1).await?;
    for (no, (unit, name)) in (2..).zip(MORE_STREETS) {
        self::street(app, &mut tx, &units, unit, name, no).await?;
    }
    let centre = centre_of(app, &root).await?;
    for officer in &OFFICERS {
        let union = match officer.union {
            STREET => Some(&street),
            setup::CENTRE => Some(&centre),
            name => units.iter().find(|unit| unit.name == name),
        };
        let union = union.ok_or_else(|| anyhow::anyhow!("the demo has no union {}", officer.union))?;
        let openid = openid_of(officer.user);
        let new = NewOfficer {
            union_id: &union.id,
            name: officer.name,
            phone: &Phone::stored(officer.phone.to_owned()),
            password: PASSWORD,
            roles: &[Role::Reviewer, Role::Administrator],
            openid: Some(&openid),
        };
        officers::add(app, &mut tx, &Actor::System, new).await?;
    }
    tx.commit().await?;
    super::seed_courses::fill(app).await?;
    super::seed_articles::fill(app).await?;
    super::seed_content::fill(app).await?;
    Ok(())
}

async fn street(app: &App, tx: &mut Tx, units: &[Union], unit: &str, name: &str, no: i64) -> Result<Union> {
    let unit = units
        .iter()
        .find(|u| u.name == unit)
        .ok_or_else(|| anyhow::anyhow!("Annex 1 has no {unit}"))?;
    let new = NewUnion {
        parent: Some(unit),
        kind: Kind::Street,
        name,
        no,
    };
    tree::add(tx, app.id(), app.now(), new).await
}

async fn centre_of(app: &App, root: &Union) -> Result<Union> {
    let chain = tree::review_chain(app, &root.id).await?;
    Ok(chain
        .into_iter()
        .next_back()
        .ok_or_else(|| anyhow::anyhow!("the city has no centre"))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever the day, an intake is open, reviews outlast it, and the seasons stay two.
    #[test]
    fn an_intake_is_open_on_every_day_of_the_year() {
        for day in 0..366 {
            let now = Time::shanghai(2026, 1, 1, 9, 0, 0).plus(day * DAY);
            let windows = windows_around(now);
            assert_eq!(windows.len(), 2);
            assert!(
                windows
                    .iter()
                    .any(|(_, apply, review)| apply.contains(now) && review.until > apply.until),
                "{}",
                now.day_text()
            );
        }
    }
}
