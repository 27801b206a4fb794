//! `/apply/check`: a few questions before anything is typed, and how many places are left.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, Errors, answer_to_post, page, page_again};
use super::view::{self, Choice, LEVELS, POSTS};
use crate::application::DocumentKind;
use crate::application::eligibility::{self, BELOW, Said, WORK};
use crate::campaign::{Current, places};
use crate::error::Result;
use crate::kernel::{FieldErrors, Refusal};
use crate::union::tree;
use askama::Template;
use poem::http::StatusCode;
use poem::{Response, handler};
use serde::Deserialize;

#[derive(Template, Default)]
#[template(path = "worker/check.html")]
pub struct CheckPage {
    pub base: Base,
    pub errors: Errors,
    pub questions: usize,
    pub answers: Typed,
    pub work_options: Vec<Choice>,
    pub post_options: Vec<Choice>,
    pub level_options: Vec<Choice>,
    pub entry_label: String,
    pub entry_options: Vec<Choice>,
    pub agreed_options: Vec<Choice>,
    /// Id and name of each unit of Annex 1.
    pub units: Vec<(String, String)>,
}

#[derive(Template, Default)]
#[template(path = "worker/check_result.html")]
pub struct ResultPage {
    pub base: Base,
    /// None means one may.
    pub against: Vec<Reason>,
    pub grant: String,
    pub window: String,
    pub places: String,
    pub closed: Option<String>,
    /// What to get ready.
    pub papers: Vec<&'static str>,
}

/// Why not, and what instead.
pub struct Reason {
    pub why: String,
    pub instead: &'static str,
}

/// The answers as sent.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Typed {
    #[serde(default)]
    pub work: String,
    #[serde(default)]
    pub post: String,
    #[serde(default)]
    pub level: String,
    #[serde(default)]
    pub entry: String,
    #[serde(default)]
    pub agreed: String,
    #[serde(default)]
    pub unit: String,
}

/// The questions' fields in the order of the page.
const QUESTIONS: [&str; 5] = ["work", "post", "level", "entry", "agreed"];

/// `GET /apply/check`
#[handler]
pub async fn show(ctx: Ctx) -> Result<Response> {
    let Some(current) = crate::campaign::current(&ctx.app).await? else {
        return Err(Refusal::NoIntake.into());
    };
    page(&questions(&ctx, &current, Typed::default(), Errors::default()).await?)
}

async fn questions(ctx: &Ctx, current: &Current, answers: Typed, errors: Errors) -> Result<CheckPage> {
    let units = tree::choices(&ctx.app, None).await?;
    let mut level_options = LEVELS.to_vec();
    level_options.push(BELOW);
    Ok(CheckPage {
        base: ctx.base("资格自查"),
        errors,
        questions: QUESTIONS.len(),
        answers,
        work_options: WORK.to_vec(),
        post_options: POSTS.to_vec(),
        level_options,
        entry_label: format!("4. 您是 {} 年新入学的吗？", current.intake.year),
        entry_options: vec![("yes", "是，今年春季或秋季入学"), ("no", "不是")],
        agreed_options: vec![("yes", "是，单位同意"), ("no", "还没有同意")],
        units: units.into_iter().map(|u| (u.id, u.name)).collect(),
    })
}

/// `POST /apply/check`: nothing is kept.
#[handler]
pub async fn answer(posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let Some((current, intake)) = view::intake(&ctx.app).await? else {
        return Err(Refusal::NoIntake.into());
    };
    let answers = match form.said().read() {
        Ok(answers) => answers,
        Err(wrong) => return page_again(&questions(&ctx, &current, form, numbered(&wrong)).await?),
    };
    let against = eligibility::judge(&answers, intake.year);
    let title = if against.is_empty() {
        "您可以申请"
    } else {
        "暂时不能申请"
    };
    // An answer to a POST: the back key has to find it (web::page).
    let result = ResultPage {
        base: ctx.base(title),
        against: against
            .iter()
            .map(|r| Reason {
                why: r.text(),
                instead: instead(r),
            })
            .collect(),
        grant: intake.grant,
        window: intake.window,
        places: places_left(&ctx, &current, &form.unit, intake.places_left).await?,
        closed: intake.closed,
        papers: DocumentKind::ALL.iter().map(|kind| paper(*kind)).collect(),
    };
    answer_to_post(StatusCode::OK, &result)
}

impl Typed {
    fn said(&self) -> Said<'_> {
        Said {
            work: &self.work,
            post: &self.post,
            level: &self.level,
            entry: &self.entry,
            agreed: &self.agreed,
        }
    }
}

/// "请从列表中选择一项" says little in the summary: the question's number goes before it.
fn numbered(wrong: &FieldErrors) -> Errors {
    let mut errors = Errors::from(wrong);
    for line in &mut errors.0 {
        let number = QUESTIONS
            .iter()
            .position(|q| *q == line.field)
            .map_or(0, |at| at + 1);
        line.text = format!("第 {number} 题：{}", line.text);
    }
    errors
}

async fn places_left(ctx: &Ctx, current: &Current, unit: &str, city: i64) -> Result<String> {
    let city = format!("全市还剩 {city} 个");
    if unit.is_empty() {
        return Ok(city);
    }
    let unit = tree::chosen(&ctx.app, unit).await?;
    Ok(
        match places::of_unit(&ctx.app, &current.campaign_id, &unit.id).await? {
            Some(places) => format!(
                "{}还剩 {} 个（共 {} 个），{city}",
                unit.name,
                places.left(),
                places.total
            ),
            None => city,
        },
    )
}

/// What one can do instead; the refusal's own words say why.
fn instead(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NotOfJinan => "向工作所在地的市总工会咨询当地的职工教育补助。",
        Refusal::PostTooHigh => "向单位工会咨询，单位的职工教育经费也可以用于学历提升。",
        Refusal::LevelTooLow => "报读大专及以上学历教育后，在入学当年申请。",
        Refusal::NotEnrolledThisYear { .. } => "今后报读更高层次的学历时，在入学当年申请。",
        Refusal::EmployerDisagrees => "先与单位或单位工会沟通，同意后随时可以回来申请。",
        _ => "",
    }
}

fn paper(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::StampedForm => "盖章的补助申请表（在这里填写后打印）",
        DocumentKind::ChsiReport => "学信网学籍在线验证报告（有效期 6 个月以上）",
        DocumentKind::ResidencePermit => "居住证（非济南户籍的职工）",
        DocumentKind::BankCard => "本人的工商银行卡（正面）",
        other => other.label(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed() -> Typed {
        let text = |t: &str| t.to_owned();
        Typed {
            work: text("migrant"),
            post: text("worker"),
            level: text("大专"),
            entry: text("yes"),
            agreed: text("yes"),
            unit: String::new(),
        }
    }

    /// what is ticked reaches the rule as it was meant.
    #[test]
    fn answers_are_read_as_they_were_meant() {
        assert!(eligibility::judge(&typed().said().read().unwrap(), 2026).is_empty());
        let no = Typed {
            work: "no".into(),
            level: BELOW.0.into(),
            entry: "no".into(),
            agreed: "no".into(),
            ..typed()
        };
        assert_eq!(eligibility::judge(&no.said().read().unwrap(), 2026).len(), 4);
    }

    #[test]
    fn every_question_wants_an_answer() {
        let errors = Typed::default().said().read().unwrap_err();
        let fields: Vec<_> = errors.0.iter().map(|(field, _)| *field).collect();
        assert_eq!(fields, QUESTIONS);
        assert_eq!(numbered(&errors).of("level"), Some("第 3 题：请从列表中选择一项"));
        let king = Typed {
            post: "king".into(),
            ..typed()
        };
        let errors = king.said().read().unwrap_err();
        assert_eq!(errors.0, [("post", Refusal::NotAChoice)]);
    }
}
