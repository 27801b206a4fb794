//! The account's menu: WeChat's own JSON, checked before it is sent, compared in words.
//!
//! Source: WeChat, 自定义菜单 创建接口 (api_createcustommenu): 3 × 5 buttons, lengths in bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::client::{Client, Done};
use super::error::CallError;

mod conditional;
pub use conditional::{ConditionalMenu, MatchRule, Menus};

const MAX_TOP: usize = 3;
const MAX_SUB: usize = 5;
const MAX_TOP_NAME: usize = 16;
const MAX_SUB_NAME: usize = 60;
const MAX_KEY: usize = 128;
const MAX_URL: usize = 1024;
/// What WeChat answers when there is no menu.
const NO_MENU: i64 = 46003;

/// The whole menu, as in `{"button": […]}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Menu {
    /// One to three, from left to right.
    pub button: Vec<Button>,
}

/// One button: a menu of up to five others, or something that acts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// `click`, `view`, `miniprogram`, `scancode_push` …; none for a button with others beneath.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What is written on it.
    pub name: String,
    /// For `click` and its like: what the callback gets as `EventKey`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// For `view`; for `miniprogram` the page on clients that cannot open one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// For `miniprogram`: its AppID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appid: Option<String>,
    /// For `miniprogram`: its page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pagepath: Option<String>,
    /// For `media_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_id: Option<String>,
    /// For `article_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub article_id: Option<String>,
    /// The buttons beneath, from top to bottom.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sub_button: Vec<Button>,
    /// What this library does not know; a misspelt field ends up here and is reported by [`Menu::check`].
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

impl Menu {
    /// Reads WeChat's JSON. The error says in Chinese where it is not such JSON.
    pub fn from_json(json: &str) -> Result<Self, String> {
        serde_json::from_str(json)
            .map_err(|e| format!("菜单文件第 {} 行第 {} 列有误：{e}", e.line(), e.column()))
    }

    /// Everything WeChat would refuse, each problem naming its button, in Chinese; empty if all is well.
    pub fn check(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if !(1..=MAX_TOP).contains(&self.button.len()) {
            problems.push(format!(
                "一级菜单须有 1 至 {MAX_TOP} 个，现有 {} 个",
                self.button.len()
            ));
        }
        for (i, top) in self.button.iter().enumerate() {
            let item = format!("一级菜单第 {} 项「{}」", i + 1, top.name);
            check_name(&item, &top.name, MAX_TOP_NAME, &mut problems);
            if top.sub_button.is_empty() {
                check_action(&item, top, &mut problems);
                continue;
            }
            check_parent(&item, top, &mut problems);
            for (j, sub) in top.sub_button.iter().enumerate() {
                let item = format!("「{}」下第 {} 项「{}」", top.name, j + 1, sub.name);
                check_name(&item, &sub.name, MAX_SUB_NAME, &mut problems);
                if !sub.sub_button.is_empty() {
                    problems.push(format!("{item}：菜单最多两级，不能再有下级"));
                }
                check_action(&item, sub, &mut problems);
            }
        }
        problems
    }

    /// What changes from `self` to `to`, a line each, readable; empty if nothing does.
    pub fn diff(&self, to: &Menu) -> Vec<String> {
        let (old, new) = (self.entries(), to.entries());
        let find = |list: &[(String, String)], path: &str| {
            list.iter().find(|(p, _)| p == path).map(|(_, what)| what.clone())
        };
        let mut lines = Vec::new();
        for (path, what) in &old {
            if find(&new, path).is_none() {
                lines.push(format!("- {path}  {what}"));
            }
        }
        for (path, what) in &new {
            match find(&old, path) {
                None => lines.push(format!("+ {path}  {what}")),
                Some(before) if before != *what => lines.push(format!("~ {path}  {before} → {what}")),
                Some(_) => {}
            }
        }
        if lines.is_empty() && old != new {
            let order = new
                .iter()
                .map(|(path, _)| path.as_str())
                .collect::<Vec<_>>()
                .join("、");
            lines.push(format!("~ 顺序变为：{order}"));
        }
        lines
    }

    /// Every button as (path of names, what it does), in order; equal names are numbered.
    fn entries(&self) -> Vec<(String, String)> {
        let mut seen = BTreeMap::<String, usize>::new();
        let mut entries = Vec::new();
        let mut add = |path: String, button: &Button| {
            let count = seen.entry(path.clone()).or_default();
            *count += 1;
            let path = if *count > 1 {
                format!("{path}({count})")
            } else {
                path
            };
            entries.push((path, button.describe()));
        };
        for top in &self.button {
            add(top.name.clone(), top);
            for sub in &top.sub_button {
                add(format!("{} › {}", top.name, sub.name), sub);
            }
        }
        entries
    }
}

impl Button {
    fn describe(&self) -> String {
        let Some(kind) = &self.kind else {
            return "（下级菜单）".to_owned();
        };
        let values = [
            &self.key,
            &self.url,
            &self.appid,
            &self.pagepath,
            &self.media_id,
            &self.article_id,
        ];
        let mut words = vec![kind.as_str()];
        words.extend(values.into_iter().flatten().map(String::as_str));
        words.join(" ")
    }
}

fn check_name(item: &str, name: &str, most: usize, problems: &mut Vec<String>) {
    if name.trim().is_empty() {
        problems.push(format!("{item}：名称不能为空"));
    } else if name.len() > most {
        problems.push(format!(
            "{item}：名称最多 {most} 字节（汉字占 3 字节），现有 {} 字节",
            name.len()
        ));
    }
}

fn check_parent(item: &str, top: &Button, problems: &mut Vec<String>) {
    if top.sub_button.len() > MAX_SUB {
        problems.push(format!(
            "{item}：下级菜单最多 {MAX_SUB} 个，现有 {} 个",
            top.sub_button.len()
        ));
    }
    if top.kind.is_some() || top.key.is_some() || top.url.is_some() {
        problems.push(format!("{item}：有下级菜单时不能再有 type、key、url"));
    }
    check_unknown(item, top, problems);
}

fn check_unknown(item: &str, button: &Button, problems: &mut Vec<String>) {
    for name in button.unknown.keys() {
        problems.push(format!("{item}：不认识的字段 {name}"));
    }
}

fn check_action(item: &str, button: &Button, problems: &mut Vec<String>) {
    let needed: &[&str] = match button.kind.as_deref() {
        None => {
            problems.push(format!("{item}：缺少 type"));
            &[]
        }
        Some(
            "click" | "scancode_push" | "scancode_waitmsg" | "pic_sysphoto" | "pic_photo_or_album"
            | "pic_weixin" | "location_select",
        ) => &["key"],
        Some("view") => &["url"],
        Some("miniprogram") => &["url", "appid", "pagepath"],
        Some("media_id" | "view_limited") => &["media_id"],
        Some("article_id" | "article_view_limited") => &["article_id"],
        Some(other) => {
            problems.push(format!("{item}：不认识的类型 {other}"));
            &[]
        }
    };
    for (name, value) in [
        ("key", &button.key),
        ("url", &button.url),
        ("appid", &button.appid),
        ("pagepath", &button.pagepath),
        ("media_id", &button.media_id),
        ("article_id", &button.article_id),
    ] {
        if needed.contains(&name) && value.as_deref().unwrap_or_default().trim().is_empty() {
            problems.push(format!("{item}：缺少 {name}"));
        }
    }
    check_length(item, "key", button.key.as_deref(), MAX_KEY, problems);
    check_length(item, "url", button.url.as_deref(), MAX_URL, problems);
    if let Some(url) = button.url.as_deref().filter(|url| !url.is_empty())
        && !(url.starts_with("https://") || url.starts_with("http://"))
    {
        problems.push(format!("{item}：url 须以 https:// 或 http:// 开头"));
    }
    check_unknown(item, button, problems);
}

fn check_length(item: &str, field: &str, value: Option<&str>, most: usize, problems: &mut Vec<String>) {
    if let Some(value) = value.filter(|value| value.len() > most) {
        problems.push(format!(
            "{item}：{field} 最多 {most} 字节，现有 {} 字节",
            value.len()
        ));
    }
}

#[derive(Deserialize)]
struct Current {
    menu: Menu,
}

impl Client {
    /// Publishes the menu; phones show it within five minutes. Errors: `Invalid` with all problems, before calling.
    pub async fn create_menu(&self, menu: &Menu) -> Result<(), CallError> {
        let problems = menu.check();
        if !problems.is_empty() {
            return Err(CallError::Invalid(problems.join("；")));
        }
        self.post::<Done>("/cgi-bin/menu/create", menu).await.map(|_| ())
    }

    /// The published menu; `None` if there is none (46003).
    pub async fn menu(&self) -> Result<Option<Menu>, CallError> {
        match self.get::<Current>("/cgi-bin/menu/get", &[]).await {
            Ok(current) => Ok(Some(current.menu)),
            Err(error) if error.code() == Some(NO_MENU) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Takes the menu away.
    pub async fn delete_menu(&self) -> Result<(), CallError> {
        self.get::<Done>("/cgi-bin/menu/delete", &[]).await.map(|_| ())
    }
}

#[cfg(test)]
mod tests;
