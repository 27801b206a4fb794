//! The form's fields as the page shows them: order, keyboard, hints, choices.

use super::super::view::{Choice, LEVELS, POSTS, YES_NO};
use crate::application::FormText;
use crate::application::choices as named;
use crate::application::form::label;

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
    /// Names to choose from; others may be typed.
    pub list: Vec<&'static str>,
    /// A word about the value that is no error.
    pub note: String,
    /// What was typed on other devices, for the worker to choose.
    pub two: Vec<Two>,
}

/// A value that was typed in vain while the field was changed on another device.
#[derive(Debug, Clone, Default)]
pub struct Two {
    /// "major 3f…": field and page, for the button.
    pub key: String,
    pub value: String,
    pub at: String,
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

pub fn field(name: &'static str, form: &FormText) -> Field {
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
        "institution" => Field {
            hint: "与学信网一致的全称，可输入几个字或拼音首字母后选择",
            list: named::nearby(name).map(|choice| choice.name).collect(),
            note: not_listed(name, form.get(name)),
            ..text
        },
        "major" => Field {
            hint: "与学信网一致，可输入几个字或拼音首字母后选择",
            list: named::nearby(name).map(|choice| choice.name).collect(),
            note: not_listed(name, form.get(name)),
            ..text
        },
        _ => text,
    }
}

/// Help, not a rule: what is in no list of ours is accepted as typed.
pub fn not_listed(name: &str, value: &str) -> String {
    if value.trim().is_empty() || named::knows(name, value) {
        String::new()
    } else {
        "不在列表中，将按您填写的名称提交，请与学信网核对".to_owned()
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
