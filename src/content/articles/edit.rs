//! Writing articles: the city's administrators, each change audited, nobody's change lost.

use super::{Article, Head, Kind, PAGE, State, markdown, paging, store};
use crate::app::App;
use crate::audit::{self, Actor, Line};
use crate::content::check_publishes;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::kernel::time::DAY;
use crate::kernel::{FieldErrors, Refusal, Time, code, text};
use crate::union::{Officer, rights};
use chrono::{Datelike as _, NaiveDateTime, Timelike as _};
use serde_json::json;

/// The longest text, in characters: the plan of 2021 has about eight thousand.
pub const LONGEST: usize = 60_000;
/// Characters of a summary that is made from the text.
const SUMMARY: usize = 90;
/// An article may be timed so far ahead.
const AHEAD: i64 = 366 * DAY;

/// What is typed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Typed<'a> {
    /// [`Kind`]'s text; of an article that was once published it stays.
    pub kind: &'a str,
    /// Title.
    pub title: &'a str,
    /// 发布单位; may be empty.
    pub issuer: &'a str,
    /// May be empty: then the text's beginning.
    pub summary: &'a str,
    /// Markdown.
    pub body: &'a str,
}

/// What was typed, in order.
struct Checked {
    kind: Kind,
    title: String,
    issuer: String,
    summary: String,
    body: String,
}

fn checked(typed: &Typed<'_>, standing: Option<&Head>) -> Result<Checked, FieldErrors> {
    let mut errors = FieldErrors::default();
    // Its address says its kind, and has been given away.
    let fixed = standing
        .filter(|head| head.state != State::Draft)
        .map(|head| head.kind);
    let kind = fixed
        .or_else(|| Kind::parse(typed.kind))
        .ok_or(Refusal::NotAChoice);
    let kind = errors.take("section", kind);
    let title = errors.take("title", text::line(typed.title, 2, 80));
    let issuer = errors.take("issuer", text::optional_line(typed.issuer, 40));
    let summary = errors.take("summary", text::optional_line(typed.summary, 200));
    let body = errors.take("body", body(typed.body));
    match (kind, title, issuer, summary, body) {
        (Some(kind), Some(title), Some(issuer), Some(mut summary), Some(body)) => {
            if summary.is_empty() {
                summary = markdown::beginning(&body, SUMMARY);
            }
            Ok(Checked {
                kind,
                title,
                issuer,
                summary,
                body,
            })
        }
        _ => Err(errors),
    }
}

/// The text with its lines, without what no keyboard types on purpose.
fn body(typed: &str) -> Result<String, Refusal> {
    let typed = typed.replace("\r\n", "\n");
    let body: String = typed
        .chars()
        .filter(|c| matches!(c, '\n' | '\t') || !c.is_control())
        .collect();
    match body.trim_end() {
        body if body.trim().is_empty() => Err(Refusal::Empty),
        body if body.chars().count() > LONGEST => Err(Refusal::TooLong { max: LONGEST }),
        body => Ok(body.to_owned()),
    }
}

/// The moment typed as `2026-11-29T20:00`, in Shanghai; empty is now. No earlier than 2000, no more than a year ahead.
fn moment(typed: &str, now: Time) -> Result<Time, Refusal> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(now);
    }
    let formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"];
    let naive = formats
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(typed, format).ok())
        .ok_or(Refusal::DateMalformed)?;
    let at = Time::shanghai(
        naive.year(),
        naive.month(),
        naive.day(),
        naive.hour(),
        naive.minute(),
        naive.second(),
    );
    let possible = naive.year() >= 2000 && at <= now.plus(AHEAD);
    possible.then_some(at).ok_or(Refusal::DateMalformed)
}

/// Articles of a kind, or of both, for their keepers: the last edited first; the page that is shown, and how many there are.
pub async fn list(
    app: &App,
    by: &Officer,
    kind: Option<Kind>,
    asked: usize,
) -> Result<(Vec<Head>, (usize, usize))> {
    check_publishes(app, by).await?;
    let kind = kind.map_or("", Kind::as_str);
    let (_, total) = store::all(app, kind, 0, 0).await?;
    let (pages, page) = paging(total, asked, PAGE);
    let (heads, _) = store::all(app, kind, PAGE, (page - 1) * PAGE).await?;
    Ok((heads, (pages, page)))
}

/// Any article, for its keepers.
pub async fn find(app: &App, by: &Officer, id: &str) -> Result<Article> {
    check_publishes(app, by).await?;
    store::by_id(app, id).await?.ok_or(Error::NotFound)
}

/// Adds a draft; gives its id.
///
/// Errors: [`Refusal::NotAllowed`], [`Error::Invalid`] at `section`, `title`, `issuer`, `summary`, `body`.
pub async fn add(app: &App, by: &Officer, typed: &Typed<'_>) -> Result<String> {
    let result = added(app, by, typed).await;
    rights::noted(app, &by.actor(), "article.add", ("article", ""), result).await
}

async fn added(app: &App, by: &Officer, typed: &Typed<'_>) -> Result<String> {
    check_publishes(app, by).await?;
    let article = draft(app, checked(typed, None)?);
    let mut tx = app.db.write().await?;
    if !enter(app, &mut tx, &by.actor(), &article).await? {
        return Err(anyhow::anyhow!("two articles of one moment got one address").into());
    }
    tx.commit().await?;
    Ok(article.head.id)
}

fn draft(app: &App, checked: Checked) -> Article {
    let head = Head {
        id: app.id(),
        slug: slug(app.now(), app.entropy.bytes()),
        kind: checked.kind,
        title: checked.title,
        issuer: checked.issuer,
        summary: checked.summary,
        state: State::Draft,
        publish_at: Time(0),
        pinned: false,
        sample: false,
        version: 1,
        edited_at: app.now(),
    };
    Article {
        head,
        body: checked.body,
    }
}

/// "20261129-7k3m9pxw": short enough for a link in a message, and nobody guesses that of a draft.
fn slug(now: Time, random: [u8; 8]) -> String {
    let number = code::application_number(random).replace('-', "");
    format!("{}-{}", now.date().format("%Y%m%d"), number.to_lowercase())
}

/// Adds an article as it is, within the caller's transaction; `false` when its address is taken.
pub async fn enter(app: &App, tx: &mut Tx, by: &Actor, article: &Article) -> Result<bool> {
    if !store::insert(tx, article, app.now()).await? {
        return Ok(false);
    }
    note(app, tx, by, "article.add", &article.head).await?;
    Ok(true)
}

/// Saves the text over the version that was seen.
///
/// Errors: [`Refusal::SeenChanged`] when somebody saved another one meanwhile; as [`add`].
pub async fn edit(app: &App, by: &Officer, id: &str, seen: i64, typed: &Typed<'_>) -> Result<()> {
    let result = change(app, by, (id, seen), "article.edit", |article, now| {
        let checked = checked(typed, Some(&article.head))?;
        article.head.kind = checked.kind;
        article.head.title = checked.title;
        article.head.issuer = checked.issuer;
        article.head.summary = checked.summary;
        article.head.edited_at = now;
        article.body = checked.body;
        Ok(())
    });
    let result = result.await;
    rights::noted(app, &by.actor(), "article.edit", ("article", id), result).await
}

/// Publishes it from the moment that was typed on ([`moment`]), again if it was withdrawn, at another time if it is
/// public. Errors: at `publish_at`; [`Refusal::SeenChanged`].
pub async fn publish(app: &App, by: &Officer, id: &str, seen: i64, at: &str) -> Result<()> {
    let result = change(app, by, (id, seen), "article.publish", |article, now| {
        let at = moment(at, now).map_err(|refusal| FieldErrors::one("publish_at", refusal))?;
        (article.head.state, article.head.publish_at) = (State::Published, at);
        Ok(())
    });
    let result = result.await;
    rights::noted(app, &by.actor(), "article.publish", ("article", id), result).await
}

/// Takes it back: from now on its address leads nowhere.
pub async fn withdraw(app: &App, by: &Officer, id: &str, seen: i64) -> Result<()> {
    let result = change(app, by, (id, seen), "article.withdraw", |article, _| {
        if article.head.state != State::Published {
            return Err(Refusal::SeenChanged.into());
        }
        article.head.state = State::Withdrawn;
        Ok(())
    });
    let result = result.await;
    rights::noted(app, &by.actor(), "article.withdraw", ("article", id), result).await
}

/// Puts it before all others of its list, or back among them.
pub async fn pin(app: &App, by: &Officer, id: &str, seen: i64, on: bool) -> Result<()> {
    let act = if on { "article.pin" } else { "article.unpin" };
    let result = change(app, by, (id, seen), act, |article, _| {
        article.head.pinned = on;
        Ok(())
    });
    let result = result.await;
    rights::noted(app, &by.actor(), act, ("article", id), result).await
}

async fn change(
    app: &App,
    by: &Officer,
    (id, seen): (&str, i64),
    act: &str,
    what: impl FnOnce(&mut Article, Time) -> Result<()>,
) -> Result<()> {
    let mut article = find(app, by, id).await?;
    if article.head.version != seen {
        return Err(Refusal::SeenChanged.into());
    }
    what(&mut article, app.now())?;
    let mut tx = app.db.write().await?;
    if !store::update(&mut tx, &article).await? {
        return Err(Refusal::SeenChanged.into());
    }
    note(app, &mut tx, &by.actor(), act, &article.head).await?;
    tx.commit().await?;
    Ok(())
}

async fn note(app: &App, tx: &mut Tx, by: &Actor, act: &str, head: &Head) -> Result<()> {
    let line = Line {
        actor: by,
        act,
        subject: ("article", &head.id),
        detail: json!({ "kind": head.kind, "title": head.title, "at": head.publish_at }),
    };
    Ok(audit::record(tx, &app.entropy, app.now(), line).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn typed<'a>(title: &'a str, body: &'a str) -> Typed<'a> {
        Typed {
            kind: "policy",
            title,
            body,
            ..Typed::default()
        }
    }

    #[test]
    fn every_field_is_told_at_once() {
        let wrong = Typed {
            kind: "blog",
            issuer: &"长".repeat(41),
            ..typed("x", " \n\t\n")
        };
        let errors = checked(&wrong, None).err().unwrap().0;
        let fields: Vec<&str> = errors.iter().map(|(field, _)| *field).collect();
        assert_eq!(fields, ["section", "title", "issuer", "body"]);
        let long = "字".repeat(LONGEST + 1);
        let errors = checked(&typed("标题", &long), None).err().unwrap();
        assert_eq!(errors.0, [("body", Refusal::TooLong { max: LONGEST })]);
    }

    #[test]
    fn a_text_keeps_its_lines_and_gives_the_summary() {
        let made =
            checked(&typed(" 通 知\n", "第一段\r\n\r\n第二\u{0}段\n\n"), None).unwrap_or_else(|_| panic!());
        assert_eq!(
            (made.title.as_str(), made.body.as_str()),
            ("通 知", "第一段\n\n第二段")
        );
        assert_eq!(made.summary, "第一段 第二段");
    }

    /// Once an article was public, its kind stays: the address with it was given away.
    #[test]
    fn the_kind_stays_once_it_was_published() {
        let mut head = draft_head();
        let news = Typed {
            kind: "news",
            ..typed("标题", "正文")
        };
        let kind = |head: &Head| checked(&news, Some(head)).unwrap_or_else(|_| panic!()).kind;
        assert_eq!(kind(&head), Kind::News);
        for state in [State::Published, State::Withdrawn] {
            head.state = state;
            assert_eq!(kind(&head), Kind::Policy);
        }
    }

    fn draft_head() -> Head {
        Head {
            id: String::new(),
            slug: String::new(),
            kind: Kind::Policy,
            title: String::new(),
            issuer: String::new(),
            summary: String::new(),
            state: State::Draft,
            publish_at: Time(0),
            pinned: false,
            sample: false,
            version: 1,
            edited_at: Time(0),
        }
    }

    #[test]
    fn moments_are_shanghais() {
        let now = Time::shanghai(2026, 11, 29, 20, 0, 0);
        assert_eq!(moment(" ", now), Ok(now));
        let at = Time::shanghai(2021, 2, 19, 9, 30, 0);
        for typed in ["2021-02-19T09:30", "2021-02-19 09:30", "2021-02-19T09:30:00"] {
            assert_eq!(moment(typed, now), Ok(at), "{typed}");
        }
        for typed in [
            "1999-12-31T23:59",
            "2027-12-01T00:00",
            "2026-02-30T00:00",
            "明天",
            "2026-11-29",
        ] {
            assert_eq!(moment(typed, now), Err(Refusal::DateMalformed), "{typed}");
        }
    }

    proptest! {
        /// An address is letters, digits and a hyphen, whatever the dice say.
        #[test]
        fn an_address_needs_no_escaping(random: [u8; 8]) {
            let slug = slug(Time::shanghai(2026, 11, 29, 20, 0, 0), random);
            prop_assert!(slug.starts_with("20261129-") && slug.len() == 17);
            prop_assert!(slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
        }
    }
}
