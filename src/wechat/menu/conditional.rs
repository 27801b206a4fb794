//! 个性化菜单: other menus for those whom a rule matches, beside the default one.
//!
//! Source: WeChat, 个性化菜单接口. The default menu must exist (65303); the newest rule that matches counts; taking the
//! default menu away takes all of them.

use serde::{Deserialize, Serialize};

use super::{Button, Menu, NO_MENU};
use crate::wechat::client::{Client, Done, text_or_number};
use crate::wechat::error::CallError;

/// Whom a conditional menu is for: everything that is set must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatchRule {
    /// Id of the tag the person must have.
    #[serde(
        default,
        alias = "group_id",
        skip_serializing_if = "Option::is_none",
        deserialize_with = "optional_text"
    )]
    pub tag_id: Option<String>,
    /// `1` iOS, `2` Android, `3` others.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "optional_text"
    )]
    pub client_platform_type: Option<String>,
}

/// Ids come as numbers or as strings; an empty one is none.
fn optional_text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Some(text_or_number(deserializer)?).filter(|text| !text.is_empty()))
}

/// A menu for those whom its rule matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConditionalMenu {
    /// As in [`Menu`].
    pub button: Vec<Button>,
    /// Whom it is for.
    pub matchrule: MatchRule,
    /// WeChat's id of it; empty before it is published, and never sent.
    #[serde(default, skip_serializing, deserialize_with = "text_or_number")]
    pub menuid: String,
}

impl ConditionalMenu {
    /// Everything WeChat would refuse, in Chinese; empty if all is well.
    pub fn check(&self) -> Vec<String> {
        let menu = Menu {
            button: self.button.clone(),
        };
        let mut problems = menu.check();
        let rule = &self.matchrule;
        if rule.tag_id.is_none() && rule.client_platform_type.is_none() {
            problems.push("个性化菜单的匹配规则不能为空".to_owned());
        }
        if let Some(platform) = &rule.client_platform_type
            && !matches!(platform.as_str(), "1" | "2" | "3")
        {
            problems.push(format!(
                "个性化菜单的 client_platform_type 只能是 1、2、3，现为 {platform}"
            ));
        }
        problems
    }
}

/// All published menus.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Menus {
    /// For everybody else.
    #[serde(rename = "menu")]
    pub default: Menu,
    /// For those whom a rule matches.
    #[serde(default, rename = "conditionalmenu")]
    pub conditional: Vec<ConditionalMenu>,
}

#[derive(Deserialize)]
struct Added {
    #[serde(deserialize_with = "text_or_number")]
    menuid: String,
}

impl Client {
    /// The default menu and all conditional ones; `None` if there is none (46003).
    pub async fn menus(&self) -> Result<Option<Menus>, CallError> {
        match self.get("/cgi-bin/menu/get", &[]).await {
            Ok(menus) => Ok(Some(menus)),
            Err(error) if error.code() == Some(NO_MENU) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Publishes a conditional menu; gives its id. Errors: `Invalid` with all problems, before calling.
    pub async fn add_conditional_menu(&self, menu: &ConditionalMenu) -> Result<String, CallError> {
        let problems = menu.check();
        if !problems.is_empty() {
            return Err(CallError::Invalid(problems.join("；")));
        }
        let added: Added = self.post("/cgi-bin/menu/addconditional", menu).await?;
        Ok(added.menuid)
    }

    /// Takes a conditional menu away. Errors: 65301 if there is none with this id.
    pub async fn delete_conditional_menu(&self, menu_id: &str) -> Result<(), CallError> {
        let body = serde_json::json!({"menuid": menu_id});
        self.post::<Done>("/cgi-bin/menu/delconditional", &body)
            .await
            .map(|_| ())
    }

    /// The menu that somebody sees; `user` is an openid or a WeChat id.
    pub async fn try_menu(&self, user: &str) -> Result<Menu, CallError> {
        let body = serde_json::json!({"user_id": user});
        self.post("/cgi-bin/menu/trymatch", &body).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conditional() -> ConditionalMenu {
        serde_json::from_str(
            r#"{"button":[{"type":"click","name":"审核","key":"R"}],"matchrule":{"tag_id":"2","client_platform_type":"1"}}"#,
        )
        .unwrap()
    }

    /// 个性化菜单接口: the documented body; facts, Menu: limits as in the default menu.
    #[test]
    fn the_body_is_wechats_and_checked() {
        let menu = conditional();
        assert_eq!(menu.check(), Vec::<String>::new());
        let body = serde_json::json!({
            "button": [{"type": "click", "name": "审核", "key": "R"}],
            "matchrule": {"tag_id": "2", "client_platform_type": "1"},
        });
        assert_eq!(serde_json::to_value(&menu).unwrap(), body);
        let mut bad = menu.clone();
        bad.matchrule = MatchRule::default();
        bad.button[0].name = "工会服务大厅".into();
        assert_eq!(bad.check().len(), 2);
        bad.matchrule.client_platform_type = Some("4".into());
        assert!(bad.check()[1].contains("只能是 1、2、3"));
    }

    #[test]
    fn all_menus_read_back() {
        let json = r#"{"menu":{"button":[{"type":"click","name":"a","key":"K","sub_button":[]}],"menuid":208396938},
            "conditionalmenu":[{"button":[{"type":"click","name":"审核","key":"R","sub_button":[]}],
            "matchrule":{"group_id":2,"client_platform_type":1},"menuid":208396993}]}"#;
        let menus: Menus = serde_json::from_str(json).unwrap();
        assert_eq!(menus.default.button[0].name, "a");
        let mut expected = conditional();
        expected.menuid = "208396993".into();
        assert_eq!(menus.conditional, [expected]);
        let only: Menus = serde_json::from_str(r#"{"menu":{"button":[]}}"#).unwrap();
        assert!(only.conditional.is_empty());
    }
}
