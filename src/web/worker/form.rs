//! `/apply/form`: the form in three groups, saved while it is typed.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, ErrorLine, Errors, page, page_again, see_other};
use super::view::{self, Choice, LEVELS, POSTS, YES_NO};
use super::{Open, json};
use crate::application::form::{Against, label};
use crate::application::{Form, FormText, documents, drafts};
use crate::campaign;
use crate::error::Result;
use crate::kernel::{Refusal, Time};
use askama::Template;
use poem::{Response, handler};
use std::collections::HashMap;

#[derive(Template, Default)]
#[template(path = "worker/form.html")]
pub struct FormPage {
    pub base: Base,
    pub errors: Errors,
    pub title: String,
    pub back: &'static str,
    /// For the script: whose unsaved words it may put back.
    pub owner: String,
    /// "已保存 11月24日 10:32（尚未提交）".
    pub saved: String,
    /// Whether only what an officer named is shown.
    pub returned: bool,
    /// Whether this version was printed or stamped already.
    pub on_paper: bool,
    pub groups: Vec<Group>,
}

/// 基本信息, 单位信息 or 学历信息.
pub struct Group {
    pub label: &'static str,
    pub fields: Vec<Field>,
}

/// A field of the form, with what was typed in it.
#[derive(Debug, Clone, Default)]
pub struct Field {
    pub name: &'static str,
    pub label: &'static str,
    pub hint: &'static str,
    pub value: String,
    /// The input's type, keyboard and meaning to the browser.
    pub kind: &'static str,
    pub mode: &'static str,
    pub auto: &'static str,
    /// Most characters.
    pub max: usize,
    /// Radio buttons instead of an input.
    pub options: &'static [Choice],
    /// How the radio buttons stand.
    pub class: &'static str,
    /// Whether it takes the whole width on a PC.
    pub wide: bool,
}

/// The groups of R-13 with the names of their fields.
pub const GROUPS: &[(&str, &[&str])] = &[
    (
        "基本信息",
        &["name", "id_number", "sex", "phone", "address", "card"],
    ),
    (
        "单位信息",
        &[
            "employer",
            "employer_contact",
            "employer_phone",
            "employer_address",
            "post",
            "migrant",
        ],
    ),
    (
        "学历信息",
        &["entry_date", "level", "degree", "institution", "major"],
    ),
];

const SEXES: &[Choice] = &[("男", "男"), ("女", "女")];
const DEGREE: &[Choice] = &[("yes", "有"), ("no", "无")];

fn field(name: &'static str, form: &FormText) -> Field {
    let text = Field {
        name,
        label: label(name).unwrap_or_default(),
        value: form.get(name).to_owned(),
        kind: "text",
        mode: "text",
        auto: "off",
        max: 60,
        ..Field::default()
    };
    let long = Field {
        max: 100,
        wide: true,
        ..text.clone()
    };
    let radio = Field {
        class: "two",
        ..text.clone()
    };
    match name {
        "name" => Field {
            hint: "与身份证一致",
            auto: "name",
            max: 30,
            ..text
        },
        "id_number" => Field {
            hint: "18 位，最后一位可以是 X",
            max: 24,
            ..text
        },
        "sex" => Field {
            options: SEXES,
            ..radio
        },
        "phone" => Field {
            hint: "登录时验证过的手机号",
            kind: "tel",
            mode: "numeric",
            auto: "tel",
            max: 20,
            ..text
        },
        "address" => Field {
            hint: "现在的居住地址",
            auto: "street-address",
            ..long
        },
        "card" => Field {
            hint: "必须是申请人本人的工商银行卡号，否则将无法发放补助",
            mode: "numeric",
            max: 30,
            wide: true,
            ..text
        },
        "employer" => Field {
            hint: jobless(
                form,
                "与公章一致的全称",
                "与公章一致的全称；暂无工作的农民工填写居住地街道或社区",
            ),
            auto: "organization",
            wide: true,
            ..text
        },
        "employer_contact" => Field {
            hint: jobless(
                form,
                "能确认您情况的人",
                "能确认您情况的人；暂无工作的农民工填写街道或社区的联系人",
            ),
            max: 30,
            ..text
        },
        "employer_phone" => Field {
            hint: "例如 0531-85826289",
            kind: "tel",
            mode: "tel",
            max: 30,
            ..text
        },
        "employer_address" => Field {
            hint: jobless(form, "", "暂无工作的农民工填写该街道或社区的地址"),
            ..long
        },
        "post" => Field {
            hint: jobless(form, "", "暂无工作的农民工选“一线职工”"),
            options: POSTS,
            wide: true,
            ..text
        },
        "migrant" => Field {
            options: YES_NO,
            wide: true,
            ..radio
        },
        "entry_date" => Field {
            hint: "以学信网学籍为准",
            kind: "date",
            max: 10,
            ..text
        },
        "level" => Field {
            options: LEVELS,
            ..radio
        },
        "degree" => Field {
            hint: "毕业后是否取得学位证书",
            options: DEGREE,
            wide: true,
            ..radio
        },
        _ => text,
    }
}

/// a migrant worker without a job has no employer to name. Asked below these fields, so the words stand there
/// until it is answered with 否.
fn jobless(form: &FormText, others: &'static str, migrants: &'static str) -> &'static str {
    if form.get("migrant") == "no" {
        others
    } else {
        migrants
    }
}

/// The groups with those fields that may be changed; groups without one are left out.
pub fn groups(form: &FormText, allowed: impl Fn(&str) -> bool) -> Vec<Group> {
    let group = |(label, names): &(&'static str, &[&'static str])| Group {
        label,
        fields: names
            .iter()
            .filter(|name| allowed(name))
            .map(|name| field(name, form))
            .collect(),
    };
    GROUPS
        .iter()
        .map(group)
        .filter(|g| !g.fields.is_empty())
        .collect()
}

async fn filled(ctx: &Ctx, open: &Open, form: &FormText, errors: Errors) -> Result<FormPage> {
    let application = &open.application;
    let intake = campaign::intake(&ctx.app, &application.intake_id).await?;
    let saved = if form.is_blank() {
        String::new()
    } else {
        saved_words(application.updated_at.short_text(), open)
    };
    Ok(FormPage {
        base: ctx.base("填写申请表"),
        errors,
        title: view::title(&intake),
        back: open.home(),
        owner: application.id.clone(),
        saved,
        returned: open.returned(),
        on_paper: application.printed_version == application.form_version,
        groups: groups(form, |name| open.editable.allows(name)),
    })
}

/// Saved is not submitted, and never looks like it.
fn saved_words(when: String, open: &Open) -> String {
    let not_yet = if open.returned() {
        "尚未重新提交"
    } else {
        "尚未提交"
    };
    format!("已保存 {when}（{not_yet}）")
}

/// `GET /apply/form`
#[handler]
pub async fn show(ctx: Ctx) -> Result<Response> {
    let Some(open) = Open::of(&ctx).await? else {
        return Ok(see_other("/apply"));
    };
    let form = open.application.form(&ctx.app)?;
    page(&filled(&ctx, &open, &form, Errors::default()).await?)
}

type Typed = HashMap<String, String>;

fn text(typed: &Typed) -> FormText {
    FormText::from_posted(typed.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

/// `POST /apply/form/draft`: saves what is there, right or wrong; `{"text", "print_again"}` for the page.
#[handler]
pub async fn draft(posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    ctx.worker()?;
    let Some(open) = Open::of(&ctx).await? else {
        return Err(Refusal::NotEditable.into());
    };
    let saved = drafts::save(&ctx.app, &open.worker.id, &open.application.id, &text(&form)).await?;
    let words = saved_words(view::clock(saved.at), &open);
    Ok(json(
        serde_json::json!({ "text": words, "print_again": saved.print_again }),
    ))
}

/// `POST /apply/form/later`: saves and goes back, without a word about what is missing.
#[handler]
pub async fn later(posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let Some(open) = Open::of(&ctx).await? else {
        return Ok(see_other("/apply"));
    };
    let saved = drafts::save(&ctx.app, &open.worker.id, &open.application.id, &text(&form)).await?;
    ctx.flash(&saved_words(view::clock(saved.at), &open));
    Ok(see_other(open.home()))
}

/// `POST /apply/form`: saves, then tells what is wrong or goes on.
#[handler]
pub async fn save(posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let Some(open) = Open::of(&ctx).await? else {
        return Ok(see_other("/apply"));
    };
    let saved = drafts::save(&ctx.app, &open.worker.id, &open.application.id, &text(&form)).await?;
    // Read again: it holds the fields that were not on the page as well.
    let Some(open) = Open::of(&ctx).await? else {
        return Ok(see_other("/apply"));
    };
    let form = open.application.form(&ctx.app)?;
    let errors = wrong(&ctx, &open, &form).await?;
    if errors.any() {
        return page_again(&filled(&ctx, &open, &form, errors).await?);
    }
    // Asked of the paper, not of this save: what was typed was saved before the button was pressed.
    let documents = documents::of(&ctx.app, &open.application.id).await?;
    let print_again = saved.print_again || view::stamp_out_of_date(&documents, &open.application);
    ctx.flash(&done_words(saved.at, print_again, &open));
    Ok(see_other(if open.returned() && !print_again {
        "/progress"
    } else {
        "/apply/print"
    }))
}

fn done_words(at: Time, print_again: bool, open: &Open) -> String {
    let words = saved_words(view::clock(at), open);
    if print_again {
        format!("{words}。申请表有修改，请重新打印、盖章")
    } else {
        words
    }
}

/// What is wrong with the fields that can be changed here.
async fn wrong(ctx: &Ctx, open: &Open, form: &FormText) -> Result<Errors> {
    let intake = campaign::intake(&ctx.app, &open.application.intake_id).await?;
    let against = Against {
        now: ctx.app.now(),
        year: intake.year,
        proven_phone: &open.worker.phone,
    };
    let wrong = Form::check(form, &against).err().unwrap_or_default();
    let lines = wrong.0.iter().filter(|(field, _)| open.editable.allows(field));
    Ok(Errors(
        lines.map(|(field, refusal)| line(field, refusal)).collect(),
    ))
}

/// "请填写此项" says little in the summary on top: what has no name in it gets the field's.
fn line(field: &'static str, refusal: &Refusal) -> ErrorLine {
    let name = label(field).unwrap_or_default();
    let text = match refusal {
        Refusal::Empty if field_is_chosen(field) => format!("请选择{name}"),
        Refusal::Empty => format!("请填写{name}"),
        Refusal::NotAChoice => format!("请从列表中选择{name}"),
        Refusal::TooShort { .. } | Refusal::TooLong { .. } | Refusal::DateMalformed => {
            format!("{name}：{}", refusal.text())
        }
        other => other.text(),
    };
    ErrorLine { field, text }
}

fn field_is_chosen(name: &'static str) -> bool {
    let field = field(name, &FormText::default());
    !field.options.is_empty() || field.kind == "date"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::form::FIELDS;

    /// every field of the form stands on the page once, in one of the three groups.
    #[test]
    fn every_field_is_on_the_page() {
        let mut shown: Vec<_> = groups(&FormText::default(), |_| true)
            .iter()
            .flat_map(|g| g.fields.iter().map(|f| f.name).collect::<Vec<_>>())
            .collect();
        let mut expected: Vec<_> = FIELDS.iter().map(|(name, _)| *name).collect();
        shown.sort_unstable();
        expected.sort_unstable();
        assert_eq!(shown, expected);
    }

    #[test]
    fn every_error_names_its_field() {
        assert_eq!(line("major", &Refusal::Empty).text, "请填写报考专业");
        assert_eq!(line("migrant", &Refusal::Empty).text, "请选择是否为农民工");
        assert_eq!(
            line("entry_date", &Refusal::DateMalformed).text,
            "入学时间：请选择正确的日期"
        );
        assert_eq!(
            line("id_number", &Refusal::IdNumberChecksum).text,
            Refusal::IdNumberChecksum.text()
        );
    }

    /// of a returned form only what the officer named is shown.
    #[test]
    fn a_returned_form_shows_only_what_is_to_be_mended() {
        let groups = groups(&FormText::default(), |name| name == "card");
        assert_eq!(groups.len(), 1);
        assert_eq!(
            groups[0].fields.iter().map(|f| f.name).collect::<Vec<_>>(),
            ["card"]
        );
    }
}
