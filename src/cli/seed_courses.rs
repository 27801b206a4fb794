//! The demo's catalogue of 选学报读, marked as 示例数据: two providers, one with an officer, and their programs
//! (assets/data/programs-demo.csv) with entry dates near today.

use super::seed::PASSWORD;
use crate::app::App;
use crate::audit::Actor;
use crate::enrolment::import;
use crate::error::Result;
use crate::kernel::{Phone, Time};
use crate::union::officers::{self, NewOfficer};
use crate::union::{Role, providers};
use chrono::{Datelike as _, Days, NaiveDate};

const PROGRAMS: &str = include_str!("../../assets/data/programs-demo.csv");
/// The providers of the table; the first has the officer.
pub const PROVIDERS: [&str; 2] = ["示例服务机构（甲）", "示例服务机构（乙）"];
/// Its officer's name and phone; the password is [`PASSWORD`].
pub const OFFICER: (&str, &str) = ("赵磊", "13900139004");

/// This year's last days, so that the subsidy's year is met, if they are more than a week off; then next spring.
fn entries(now: Time) -> Vec<NaiveDate> {
    let today = now.date();
    let at = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap_or(today);
    let late = at(today.year(), 12, 28);
    let soon = today.checked_add_days(Days::new(8)).unwrap_or(today);
    let spring = at(today.year() + 1, 3, 1);
    let first = if soon < late { late } else { spring };
    let second = if first == spring {
        at(today.year() + 1, 9, 1)
    } else {
        spring
    };
    vec![first, second]
}

/// Fills an empty catalogue.
pub async fn fill(app: &App) -> Result<()> {
    let mut tx = app.db.write().await?;
    for (no, name) in PROVIDERS.iter().enumerate() {
        let provider = providers::make(app, &mut tx, &Actor::System, name).await?;
        if no == 0 {
            let new = NewOfficer {
                union_id: &provider.id,
                name: OFFICER.0,
                phone: &Phone::stored(OFFICER.1.to_owned()),
                password: PASSWORD,
                roles: &[Role::Reviewer, Role::Administrator],
                openid: None,
            };
            officers::add(app, &mut tx, &Actor::System, new).await?;
        }
    }
    tx.commit().await?;
    let dates: Vec<String> = entries(app.now()).iter().map(ToString::to_string).collect();
    let dates = dates.join(";");
    let lines = PROGRAMS.lines().enumerate().filter(|(_, line)| !line.is_empty());
    let table: Vec<String> = lines
        .map(|(n, line)| format!("{line},{}", if n == 0 { "入学时间" } else { dates.as_str() }))
        .collect();
    let table = import::read(app, table.join("\n").as_bytes()).await?;
    import::write(app, &Actor::System, table, true).await?;
    Ok(())
}
