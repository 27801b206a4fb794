//! What a season needs before anybody can apply: the city's tree, the year's campaign, its intakes and quotas.

use crate::app::App;
use crate::audit::Actor;
use crate::campaign::quotas::{self, Quota};
use crate::campaign::{self, Season, Window};
use crate::db::Tx;
use crate::error::Result;
use crate::kernel::{Fen, Time};
use crate::union::tree::{self, NewUnion};
use crate::union::{Kind, Union};
use chrono::NaiveDate;

/// The city's root union.
pub const CITY: &str = "济南市总工会";
/// The organ that decides the city's step.
pub const CENTRE: &str = "济南市职工文化事业发展中心";

/// A window with its review window.
pub type Windows = (Season, Window, Window);

fn window(year: i32, from: (u32, u32), until: (u32, u32)) -> Option<Window> {
    let day = |(month, day)| NaiveDate::from_ymd_opt(year, month, day);
    Some(Window {
        from: Time::start_of(day(from)?),
        until: Time::end_of(day(until)?),
    })
}

/// the windows of the 2021 plan, in another year.
pub fn windows_of(year: i32) -> Vec<Windows> {
    let spring = window(year, (5, 5), (5, 31)).zip(window(year, (5, 5), (6, 7)));
    let autumn = window(year, (11, 5), (11, 30)).zip(window(year, (11, 5), (12, 7)));
    let seasons = [(Season::Spring, spring), (Season::Autumn, autumn)];
    seasons
        .into_iter()
        .filter_map(|(season, windows)| windows.map(|(apply, review)| (season, apply, review)))
        .collect()
}

/// The city with its centre; made when missing.
pub async fn city(app: &App, tx: &mut Tx) -> Result<Union> {
    if let Some(root) = tree::root(app).await? {
        return Ok(root);
    }
    let root = NewUnion {
        parent: None,
        kind: Kind::City,
        name: CITY,
        no: 0,
    };
    let root = tree::add(tx, app.id(), app.now(), root).await?;
    let centre = NewUnion {
        parent: Some(&root),
        kind: Kind::Centre,
        name: CENTRE,
        no: 0,
    };
    tree::add(tx, app.id(), app.now(), centre).await?;
    Ok(root)
}

/// A year's campaign with its intakes and the table of quotas; units are made when missing. Gives the units.
pub async fn season(
    app: &App,
    tx: &mut Tx,
    year: i32,
    windows: &[Windows],
    table: &[Quota],
) -> Result<Vec<Union>> {
    let root = city(app, tx).await?;
    let known = tree::choices(app, None).await?;
    let title = format!("{year}年济南市一线职工“求学圆梦行动”学历教育补助");
    let campaign =
        campaign::create(app, tx, &Actor::System, (year, &title, Fen::yuan(1000)), windows).await?;
    let mut units = Vec::with_capacity(table.len());
    for quota in table {
        let unit = match known.iter().find(|union| union.name == quota.union) {
            Some(unit) => unit.clone(),
            None => {
                let unit = NewUnion {
                    parent: Some(&root),
                    kind: Kind::Unit,
                    name: &quota.union,
                    no: quota.no,
                };
                tree::add(tx, app.id(), app.now(), unit).await?
            }
        };
        quotas::set(app, tx, &Actor::System, &campaign, &unit.id, quota.total).await?;
        units.push(unit);
    }
    Ok(units)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// spring 05-05 … 05-31, review to 06-07; autumn 11-05 … 11-30, review to 12-07.
    #[test]
    fn the_windows_are_the_plans() {
        let windows = windows_of(2021);
        let texts: Vec<_> = windows
            .iter()
            .map(|(_, a, r)| {
                (
                    a.from.day_text(),
                    a.until.deadline_text(),
                    r.until.deadline_text(),
                )
            })
            .collect();
        let expected = [
            ("2021年5月5日", "2021年5月31日 24:00", "2021年6月7日 24:00"),
            ("2021年11月5日", "2021年11月30日 24:00", "2021年12月7日 24:00"),
        ];
        assert_eq!(
            texts,
            expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()))
        );
    }
}
