//! `/office/messages`: every message of the catalogue with sample data, in each channel exactly as it would be sent;
//! for the city's administrators.

use super::super::ctx::Ctx;
use super::super::page::{Base, page};
use super::Who;
use crate::app::App;
use crate::error::Result;
use crate::kernel::Refusal;
use crate::notice::catalogue::{Message, Sample, TEMPLATES};
use crate::notice::{Content, deliver};
use crate::sms;
use crate::union::rights::{self, Act};
use crate::union::{Kind, Officer};
use askama::Template;
use poem::{Response, handler};

#[derive(Template)]
#[template(path = "office/messages.html")]
pub struct MessagesPage {
    pub base: Base,
    pub who: Option<Who>,
    pub templates: Vec<TemplateLine>,
    pub messages: Vec<MessageCard>,
}

/// A template as WeChat's console has to have it.
pub struct TemplateLine {
    pub name: &'static str,
    pub title: &'static str,
    pub keywords: String,
    /// Its ids, masked, or 未配置.
    pub template: String,
    pub subscription: String,
}

/// A message of the catalogue.
pub struct MessageCard {
    pub key: &'static str,
    pub title: &'static str,
    pub to: &'static str,
    pub when: &'static str,
    pub samples: Vec<Preview>,
}

/// One case of it.
pub struct Preview {
    pub case: &'static str,
    pub template: String,
    /// Label, keyword and value as WeChat shows them; or why it cannot be sent.
    pub fields: Result<Vec<Field>, String>,
    pub link: String,
    pub sms: String,
    pub length: usize,
    pub segments: usize,
}

/// A line of a WeChat message.
pub struct Field {
    pub label: &'static str,
    pub keyword: &'static str,
    pub value: String,
}

/// `GET /office/messages`
#[handler]
pub async fn show(ctx: Ctx) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    of_the_city(&officer)?;
    let link = |path: &str| ctx.app.link(path);
    let card = |message: &Message| {
        let about = message.about();
        let samples = message.samples(&link);
        MessageCard {
            key: message.as_str(),
            title: about.title,
            to: about.to,
            when: about.when,
            samples: samples.into_iter().map(|one| preview(&ctx.app, one)).collect(),
        }
    };
    page(&MessagesPage {
        base: ctx.base("消息目录"),
        who: Who::of(&officer, "messages"),
        templates: templates(&ctx.app),
        messages: Message::ALL.iter().map(card).collect(),
    })
}

/// [`Refusal::NotAllowed`] but for administrators of the city and its centre.
fn of_the_city(officer: &Officer) -> Result<()> {
    rights::check(officer, Act::ManageUnions)?;
    match officer.union.kind {
        Kind::City | Kind::Centre => Ok(()),
        _ => Err(Refusal::NotAllowed.into()),
    }
}

fn templates(app: &App) -> Vec<TemplateLine> {
    let wechat = &app.config.wechat;
    let id = |ids: &std::collections::BTreeMap<String, String>, name: &str| {
        ids.get(name).map_or("未配置".to_owned(), |id| masked(id))
    };
    let line = |(name, title, keywords): &(&'static str, &'static str, &[(&str, &str)])| TemplateLine {
        name,
        title,
        keywords: keywords
            .iter()
            .map(|(keyword, label)| format!("{label} {{{{{keyword}.DATA}}}}"))
            .collect::<Vec<_>>()
            .join("　"),
        template: id(&wechat.templates, name),
        subscription: id(&wechat.subscribe_templates, name),
    };
    TEMPLATES.iter().map(line).collect()
}

/// The beginning and the end of a template id.
fn masked(id: &str) -> String {
    let characters: Vec<char> = id.chars().collect();
    match characters.len() {
        0..=8 => "****".to_owned(),
        n => {
            let (head, tail) = (&characters[..4], &characters[n - 4..]);
            format!("{}****{}", String::from_iter(head), String::from_iter(tail))
        }
    }
}

fn preview(app: &App, Sample { case, content }: Sample) -> Preview {
    Preview {
        case,
        fields: fields(&content),
        template: content.template,
        link: deliver::entrance(app, &content.path),
        length: content.sms.encode_utf16().count(),
        segments: sms::segments(&content.sms),
        sms: content.sms,
    }
}

/// The fields as the delivery makes them, in the template's order, with its labels.
fn fields(content: &Content) -> Result<Vec<Field>, String> {
    let data = deliver::data(content)?;
    let sent = data.fields();
    let template = TEMPLATES.iter().find(|(name, ..)| *name == content.template);
    let (_, _, keywords) = template.ok_or_else(|| format!("没有模板 {}", content.template))?;
    let field = |(keyword, label): &(&'static str, &'static str)| {
        let (_, value) = sent.iter().find(|(name, _)| name == keyword)?;
        Some(Field {
            label,
            keyword,
            value: (*value).to_owned(),
        })
    };
    Ok(keywords.iter().filter_map(field).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_id_is_masked() {
        assert_eq!(
            masked("ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpBO27izEYtY"),
            "ngqI****YtY".replace("YtY", "EYtY")
        );
        assert_eq!(masked("tm4Xb02"), "****");
    }
}
