//! The catalogue, kept by the city's centre: programs with their seats, institutions; changed on pages and by
//! import ([`super::import`]).

use super::{Intake, Program, ProgramState, program, store};
use crate::app::App;
use crate::audit::{self, Actor, Line};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::kernel::{Refusal, Time, text};
use crate::union::providers::check_keeps;
use crate::union::{Officer, Union, tree};
use serde_json::json;

pub use super::typed::{FIELDS, Problems, Typed, check};

/// A program that workers see: any but a withdrawn one.
pub async fn shown(app: &App, id: &str) -> Result<Program> {
    let program = store::program(app, id)
        .await?
        .filter(|p| p.state != ProgramState::Withdrawn);
    program.ok_or(Error::NotFound)
}

/// Any program, for its keepers and for those who are enrolled in it.
pub async fn find(app: &App, id: &str) -> Result<Program> {
    store::program(app, id).await?.ok_or(Error::NotFound)
}

/// What the institution says of itself; may be empty.
pub async fn about_institution(app: &App, name: &str) -> Result<String> {
    Ok(store::about_institution(app, name).await?.unwrap_or_default())
}

/// Programs a page of the office's list.
pub const PAGE: i64 = 30;

/// The office's list, any state, by one word; and how many there are.
pub async fn list(app: &App, by: &Officer, words: &str, page: i64) -> Result<(Vec<Program>, i64)> {
    check_keeps(by)?;
    store::programs(app, words, PAGE, page * PAGE).await
}

/// Adds a program, or changes the one that was seen in `version`; gives its id, or what is wrong.
///
/// Errors: [`Refusal::NotAllowed`], [`Error::NotFound`], [`Refusal::ChangedMeanwhile`], [`Refusal::SeatsBelowTaken`].
pub async fn save(
    app: &App,
    by: &Officer,
    seen: Option<(&str, i64)>,
    typed: &Typed,
    providers: &[Union],
) -> Result<Result<String, Problems>> {
    check_keeps(by)?;
    let standing = match seen {
        Some((id, version)) => {
            let standing = find(app, id).await?;
            if standing.version != version {
                return Err(Refusal::ChangedMeanwhile.into());
            }
            Some(standing)
        }
        None => None,
    };
    let mut program = match check(app, typed, providers) {
        Ok(program) => program,
        Err(problems) => return Ok(Err(problems)),
    };
    let same_code = store::program_by_code(app, &program.code).await?;
    if same_code.is_some_and(|other| standing.as_ref().is_none_or(|s| s.id != other.id)) {
        return Ok(Err(vec![("code", "这个项目编号已被另一个专业使用".to_owned())]));
    }
    // The code is what an import knows a program by: it stays.
    if let Some(standing) = &standing {
        program.code.clone_from(&standing.code);
    }
    let mut tx = app.db.write().await?;
    match write(app, &mut tx, &by.actor(), program, standing.as_ref()).await {
        Err(Error::Refused(ended @ Refusal::ProviderEnded)) => Ok(Err(vec![("provider", ended.text())])),
        written => {
            let id = written?;
            tx.commit().await?;
            Ok(Ok(id))
        }
    }
}

/// The provider as it is until the transaction ends: [`super::close_provider()`] takes the tree's lock too, so that no program
/// comes to a provider that ends at this moment. To be taken before any other row's.
async fn hold_provider(tx: &mut Tx, id: &str) -> Result<()> {
    tree::lock(tx).await?;
    match tree::find_in(tx, id).await {
        Err(Error::NotFound) => Err(Refusal::ProviderEnded.into()),
        other => other.map(drop),
    }
}

/// Writes a checked program over the one that stands, or anew, within the caller's transaction.
pub(super) async fn write(
    app: &App,
    tx: &mut Tx,
    by: &Actor,
    mut program: Program,
    standing: Option<&Program>,
) -> Result<String> {
    hold_provider(tx, &program.provider.0).await?;
    let institution = store::institution(tx, app, &program.institution, &program.place).await?;
    let act = match standing {
        None => {
            program.id = app.id();
            store::insert_program(tx, &program, &institution, app.now()).await?;
            "program.add"
        }
        Some(standing) => {
            program.id.clone_from(&standing.id);
            (program.version, program.state) = (standing.version, standing.state);
            if !store::update_program(tx, &program, &institution, app.now()).await? {
                return Err(Refusal::ChangedMeanwhile.into());
            }
            "program.change"
        }
    };
    for intake in &program.intakes {
        if !store::set_intake(tx, &program.id, intake).await? {
            return Err(below(intake));
        }
    }
    for gone in standing.iter().flat_map(|s| &s.intakes) {
        let stays = program.intakes.iter().any(|intake| intake.entry == gone.entry);
        if !stays && !store::drop_intake(tx, &gone.id).await? {
            return Err(below(gone));
        }
    }
    store::set_keys(tx, &program).await?;
    note(
        app,
        tx,
        by,
        act,
        &program.id,
        json!({ "code": program.code, "fee": program.fee }),
    )
    .await?;
    Ok(program.id)
}

fn below(intake: &Intake) -> Error {
    Refusal::SeatsBelowTaken {
        date: Time::start_of(intake.entry).day_text(),
    }
    .into()
}

async fn note(
    app: &App,
    tx: &mut Tx,
    by: &Actor,
    act: &str,
    id: &str,
    detail: serde_json::Value,
) -> Result<()> {
    let line = Line {
        actor: by,
        act,
        subject: ("program", id),
        detail,
    };
    Ok(audit::record(tx, &app.entropy, app.now(), line).await?)
}

/// Opens, closes or withdraws a program that was seen in `version`.
///
/// Errors: [`Refusal::NotAllowed`], [`Refusal::ChangedMeanwhile`]; [`Refusal::ProgramHasEnrolments`] while one of its
/// enrolments is not settled and it is to be withdrawn; [`Refusal::ProviderEnded`] when it is to come back without one.
pub async fn set_state(app: &App, by: &Officer, id: &str, version: i64, state: ProgramState) -> Result<()> {
    check_keeps(by)?;
    let program = find(app, id).await?;
    if program.version != version {
        return Err(Refusal::ChangedMeanwhile.into());
    }
    let mut tx = app.db.write().await?;
    let withdrawn = state == ProgramState::Withdrawn;
    if !withdrawn {
        hold_provider(&mut tx, &program.provider.0).await?;
    }
    // The program's row first, as an import locks them; then the seats' rows: whoever takes a seat at this moment either is
    // counted, or finds the intake closed.
    if !store::set_program_state(&mut tx, &program, state, app.now()).await? {
        return Err(Refusal::ChangedMeanwhile.into());
    }
    for intake in &program.intakes {
        let until = if withdrawn {
            Time(0)
        } else {
            program::enrol_until(intake.entry)
        };
        store::set_until(&mut tx, &intake.id, until).await?;
    }
    if withdrawn {
        match store::unsettled(&mut tx, id).await? {
            0 => {}
            count => return Err(Refusal::ProgramHasEnrolments { count }.into()),
        }
    }
    note(
        app,
        &mut tx,
        &by.actor(),
        "program.state",
        id,
        json!({ "state": state }),
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// An institution as the office's list shows it.
#[derive(Debug, Clone)]
pub struct Institution {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Where it is.
    pub place: String,
    /// What it says of itself on its programs' pages.
    pub about: String,
    /// How many programs it has.
    pub programs: i64,
}

/// All institutions by name.
pub async fn institutions(app: &App, by: &Officer) -> Result<Vec<Institution>> {
    check_keeps(by)?;
    let rows = store::institutions(app).await?.into_iter();
    Ok(rows
        .map(|(id, name, place, about, programs)| Institution {
            id,
            name,
            place,
            about,
            programs,
        })
        .collect())
}

/// Changes where an institution is and what is said of it.
pub async fn describe(app: &App, by: &Officer, id: &str, place: &str, about: &str) -> Result<()> {
    check_keeps(by)?;
    let cut = |text: &str, most| text::clean(text).chars().take(most).collect::<String>();
    let mut tx = app.db.write().await?;
    if !store::describe_institution(&mut tx, id, &cut(place, 60), &cut(about, 500)).await? {
        return Err(Error::NotFound);
    }
    note(app, &mut tx, &by.actor(), "institution.change", id, json!({})).await?;
    tx.commit().await?;
    Ok(())
}
