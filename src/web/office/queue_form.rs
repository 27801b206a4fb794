//! The fields above the list, as the filter fills them.

use super::super::ctx::Ctx;
use super::queue_asked;
use crate::application::Level;
use crate::campaign::Intake;
use crate::error::Result;
use crate::review::inbox::{Filter, Looked};
use crate::union::{Kind, Officer, rights, tree};

/// Something to choose from a list.
pub struct Choice {
    pub value: String,
    pub label: String,
    pub on: bool,
}

/// The filter's fields as they stand.
#[derive(Default)]
pub struct FilterForm {
    pub state: String,
    pub at: String,
    pub words: String,
    pub unions: Vec<Choice>,
    pub levels: Vec<Choice>,
    pub intakes: Vec<Choice>,
    pub looked: Vec<Choice>,
    pub from: String,
    pub until: String,
    pub waits: String,
    pub late: bool,
    pub returned: bool,
    pub flagged: bool,
    /// Whether the fields behind 更多条件 are in use.
    pub open: bool,
}

/// The fields of a filter.
pub(super) async fn form(
    ctx: &Ctx,
    officer: &Officer,
    filter: &Filter,
    intakes: &[Intake],
) -> Result<FilterForm> {
    let choice = |value: String, label: String, on: bool| Choice { value, label, on };
    let day = |day: Option<chrono::NaiveDate>| day.map_or(String::new(), |day| day.to_string());
    let levels = Level::ALL.iter();
    let looked = [(Looked::Mine, "我正在看的"), (Looked::Free, "没有人在看的")];
    Ok(FilterForm {
        state: filter.state.map_or(String::new(), |state| state.to_string()),
        at: filter.at.clone().unwrap_or_default(),
        words: filter.words.clone(),
        unions: unions(ctx, officer, filter.union.as_deref()).await?,
        levels: levels
            .map(|level| choice(level.to_string(), level.to_string(), filter.level == Some(*level)))
            .collect(),
        intakes: intakes
            .iter()
            .map(|one| {
                choice(
                    queue_asked::slug(one),
                    one.label(),
                    filter.intake.as_ref() == Some(&one.id),
                )
            })
            .collect(),
        looked: looked
            .iter()
            .map(|(one, label)| choice(one.to_string(), (*label).to_owned(), filter.looked == Some(*one)))
            .collect(),
        from: day(filter.from),
        until: day(filter.until),
        waits: filter.waits.map_or(String::new(), |days| days.to_string()),
        late: filter.late,
        returned: filter.returned,
        flagged: filter.flagged,
        open: filter.level.is_some()
            || filter.intake.is_some()
            || filter.from.is_some()
            || filter.until.is_some()
            || filter.waits.is_some()
            || filter.looked.is_some(),
    })
}

/// The unions right below the officer's, and those below the chosen one.
async fn unions(ctx: &Ctx, officer: &Officer, chosen: Option<&str>) -> Result<Vec<Choice>> {
    let is_city = matches!(officer.union.kind, Kind::City | Kind::Centre);
    let own = (!is_city).then_some(officer.union.id.as_str());
    let mut choices = Vec::new();
    let mut found = chosen.is_none();
    for union in tree::choices(&ctx.app, own).await? {
        let on = chosen == Some(union.id.as_str());
        found |= on;
        choices.push(Choice {
            value: union.id,
            label: union.name,
            on,
        });
    }
    let Some(chosen) = chosen else {
        return Ok(choices);
    };
    let Ok(at) = rights::within(&ctx.app, officer, chosen).await else {
        return Ok(choices);
    };
    if !found {
        choices.push(Choice {
            value: at.id.clone(),
            label: at.name.clone(),
            on: true,
        });
    }
    let below = if matches!(at.kind, Kind::City | Kind::Centre) {
        Vec::new()
    } else {
        tree::choices(&ctx.app, Some(&at.id)).await?
    };
    let place = choices
        .iter()
        .position(|one| one.on)
        .map_or(choices.len(), |at| at + 1);
    let below = below.into_iter().map(|union| Choice {
        value: union.id,
        label: format!("　└ {}", union.name),
        on: false,
    });
    let tail = choices.split_off(place);
    choices.extend(below);
    choices.extend(tail);
    Ok(choices)
}
