//! Small pieces that several pages show.

use crate::app::App;
use crate::application::documents::Document;
use crate::application::{Application, DocumentKind, FormText, Level, Post};
use crate::campaign::{self, Current, Intake, places};
use crate::error::Result;
use crate::kernel::{IdNumber, Time, text};

use super::papers::Found;

/// Today's intake, in words.
#[derive(Debug, Clone, Default)]
pub struct IntakeView {
    /// The campaign's title.
    pub title: String,
    /// "2026年秋季批次".
    pub label: String,
    /// The campaign's year.
    pub year: i32,
    /// "2026年11月5日 至 2026年11月30日 24:00 截止".
    pub window: String,
    /// "至 2026年12月7日 24:00".
    pub review: String,
    /// "1000 元".
    pub grant: String,
    /// Places of the city in all, and what is left of them.
    pub places_total: i64,
    pub places_left: i64,
    /// Why one cannot submit now.
    pub closed: Option<String>,
}

/// Today's intake with its view; `None` before any campaign is made.
pub async fn intake(app: &App) -> Result<Option<(Current, IntakeView)>> {
    let Some(current) = campaign::current(app).await? else {
        return Ok(None);
    };
    let places = places::of_campaign(app, &current.campaign_id).await?;
    let view = IntakeView {
        title: current.title.clone(),
        label: current.intake.label(),
        year: current.intake.year,
        window: window(&current.intake),
        review: format!("至 {}", current.intake.review.until.deadline_text()),
        grant: current.city_grant.to_string(),
        places_total: places.total,
        places_left: places.left(),
        closed: closed(&current.intake, app.now()),
    };
    Ok(Some((current, view)))
}

/// The title over the pages of an application: its campaign's.
pub fn title(intake: &Intake) -> String {
    format!(
        "{}年济南市总工会“求学圆梦行动”学历提升补助（{}批次）",
        intake.year,
        intake.season.label()
    )
}

/// The application window in words.
pub fn window(intake: &Intake) -> String {
    format!(
        "{} 至 {} 截止",
        intake.apply.from.day_text(),
        intake.apply.until.deadline_text()
    )
}

/// Why one cannot submit now, if so.
pub fn closed(intake: &Intake, now: Time) -> Option<String> {
    intake.may_apply(now).err().map(|refusal| refusal.text())
}

/// "10:32" of a moment.
pub fn clock(time: Time) -> String {
    time.minute_text()
        .rsplit(' ')
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// A field's value as people say it: codes become their labels.
pub fn spoken(form: &FormText, field: &str) -> String {
    form.spoken(field)
}

/// "“姓名”中的“𠮷”" of a character that cannot be printed.
pub fn unprintable(missing: &crate::print::Missing) -> String {
    format!("“{}”中的“{}”", missing.field, missing.character)
}

/// A choice as the templates take it: what is sent, what is shown.
pub type Choice = (&'static str, &'static str);

/// The posts that the form and the questions offer.
pub const POSTS: &[Choice] = &[
    (Post::Worker.as_str(), "一线职工"),
    (Post::TeamLeader.as_str(), "班组长"),
    (Post::WorkshopHead.as_str(), "车间（工段、科室）主任"),
    (Post::Section.as_str(), "机关事业单位科级及以下"),
    (Post::Above.as_str(), "高于以上职务"),
];

/// The levels that the subsidy covers.
pub const LEVELS: &[Choice] = &[
    (Level::College.as_str(), "大专"),
    (Level::Bachelor.as_str(), "本科"),
    (Level::Master.as_str(), "硕士"),
    (Level::Doctor.as_str(), "博士"),
];

/// 是 / 否.
pub const YES_NO: &[Choice] = &[("yes", "是"), ("no", "否")];

/// A document's file, for a thumbnail.
#[derive(Debug, Clone, Default)]
pub struct FileView {
    /// Where it is seen.
    pub url: String,
    /// Whether it is a picture; else a PDF.
    pub picture: bool,
    /// Size and time in words.
    pub words: String,
}

/// A kind of document and what is there.
#[derive(Debug, Clone, Default)]
pub struct DocView {
    pub kind: &'static str,
    pub label: &'static str,
    pub hint: &'static str,
    /// In words, and the colour that goes with it: `ok`, `warn` or none.
    pub state: &'static str,
    pub tone: &'static str,
    pub file: Option<FileView>,
    /// What was wrong with the upload that was just tried.
    pub error: Option<String>,
    /// Whether it may be uploaded or replaced.
    pub open: bool,
    /// What the machine found in it.
    pub checks: Found,
}

/// Whether the ID number on the form is of Jinan; `None` while there is no valid one.
pub fn of_jinan(form: &FormText, now: Time) -> Option<bool> {
    IdNumber::parse(form.get("id_number"), now)
        .ok()
        .map(|id| id.is_of_jinan())
}

/// One kind of document as it stands; `since` marks a correction: only what came later counts as mended.
pub fn doc(
    kind: DocumentKind,
    documents: &[Document],
    application: &Application,
    since: Option<Time>,
) -> DocView {
    let document = documents.iter().find(|d| d.kind == kind);
    let (state, tone) = match document {
        None => ("未上传", ""),
        Some(d) if d.out_of_date(application) => ("需重新上传", "warn"),
        Some(d) if since.is_some_and(|since| d.uploaded_at <= since) => ("需更换", "warn"),
        Some(_) if since.is_some() => ("已更换", "ok"),
        Some(_) => ("已上传", "ok"),
    };
    let file = document.map(|d| FileView {
        url: format!("/apply/documents/{}", d.id),
        picture: d.media.is_picture(),
        words: format!("{} 上传，{}", d.uploaded_at.short_text(), text::size(d.bytes)),
    });
    DocView {
        kind: kind.as_str(),
        label: kind.label(),
        hint: kind.hint(),
        state,
        tone,
        file,
        error: None,
        open: true,
        checks: Found::default(),
    }
}

/// whether the stamped form that was uploaded is of an older version of the form.
pub fn stamp_out_of_date(documents: &[Document], application: &Application) -> bool {
    documents.iter().any(|d| d.out_of_date(application))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// the choices on the page are the capability's, none forgotten.
    #[test]
    fn every_post_and_level_is_offered() {
        assert!(
            POSTS
                .iter()
                .map(|(code, _)| Post::parse(code))
                .eq(Post::ALL.iter().copied().map(Some))
        );
        assert!(
            LEVELS
                .iter()
                .map(|(code, _)| Level::parse(code))
                .eq(Level::ALL.iter().copied().map(Some))
        );
    }

    #[test]
    fn codes_are_never_shown_to_people() {
        let form = FormText::from_posted([
            ("post", "worker"),
            ("migrant", "no"),
            ("entry_date", "2021-09-01"),
        ]);
        assert_eq!(spoken(&form, "post"), "一线职工");
        assert_eq!(spoken(&form, "migrant"), "否");
        assert_eq!(spoken(&form, "entry_date"), "2021年9月1日");
        assert_eq!(spoken(&form, "degree"), "");
    }

    #[test]
    fn sizes_and_times_are_said_shortly() {
        assert_eq!(text::size(1), "1 KB");
        assert_eq!(text::size(2_411_724), "2.3 MB");
        assert_eq!(clock(Time::shanghai(2021, 11, 5, 10, 32, 0)), "10:32");
    }
}
