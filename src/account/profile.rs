//! What registration on the PC asks besides: 所在地, 学历情况, 技能情况, and optional ID number and e-mail. Kept
//! sealed as one JSON text.

use crate::app::App;
use crate::error::Result;
use crate::kernel::{IdNumber, Refusal, text};
use serde::{Deserialize, Serialize};

/// 所在地: the districts and counties of Jinan, its functional areas, and elsewhere; data, one a line.
const DISTRICTS: &str = include_str!("../../assets/data/jinan-districts.txt");

/// 学历情况.
pub const EDUCATIONS: &[&str] = &[
    "初中及以下",
    "高中",
    "中专（中职、中技）",
    "大专（高职）",
    "本科",
    "硕士及以上",
];

/// 技能情况: the five levels of vocational skill, and professional titles.
pub const SKILLS: &[&str] = &[
    "暂无技能等级",
    "初级工（五级）",
    "中级工（四级）",
    "高级工（三级）",
    "技师（二级）",
    "高级技师（一级）",
    "初级职称",
    "中级职称",
    "高级职称",
];

/// The most characters of an e-mail address (RFC 5321: 254 with its brackets).
const EMAIL_MAX: usize = 100;

/// 所在地 to choose from.
pub fn districts() -> impl Iterator<Item = &'static str> {
    DISTRICTS.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// What was told; empty texts for what was not.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// 所在地.
    pub district: String,
    /// 学历情况.
    pub education: String,
    /// 技能情况.
    pub skill: String,
    /// Checked by its digits; true only when the worker is verified.
    pub id_number: String,
    /// For mail, as typed.
    pub email: String,
}

/// Neither number nor mail in a log.
impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Profile(****)")
    }
}

const PLACE: &str = "workers.profile";

impl Profile {
    /// Sealed for the worker's row; nothing for nothing.
    pub fn sealed(&self, app: &App) -> Option<String> {
        // Five texts always become JSON.
        let json = serde_json::to_string(self).unwrap_or_default();
        (*self != Profile::default()).then(|| app.seal(PLACE, &json))
    }

    /// Opened from the worker's row.
    pub fn open(app: &App, sealed: &str) -> Result<Self> {
        let json = app.sealer.open_text(PLACE, sealed)?;
        Ok(serde_json::from_str(&json).map_err(anyhow::Error::from)?)
    }
}

/// One of a list.
///
/// Errors: [`Refusal::NotAChoice`].
pub fn choice(typed: &str, mut list: impl Iterator<Item = &'static str>) -> Result<String, Refusal> {
    let typed = text::clean(typed);
    list.find(|one| **one == *typed)
        .map(str::to_owned)
        .ok_or(Refusal::NotAChoice)
}

/// An e-mail address that can be one: something, @, a domain with a dot; full-width signs are forgiven.
///
/// Errors: [`Refusal::EmailMalformed`], [`Refusal::TooLong`].
pub fn email(typed: &str) -> Result<String, Refusal> {
    let typed = typed.replace('＠', "@").replace('。', ".");
    let typed = text::line(&typed, 1, EMAIL_MAX)?;
    let plain = typed.bytes().all(|b| b.is_ascii_graphic());
    let parts = typed.split_once('@').filter(|(name, domain)| {
        let labels = || domain.split('.');
        !name.is_empty()
            && labels().count() > 1
            && labels().all(|l| !l.is_empty() && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
    });
    if plain && parts.is_some() {
        Ok(typed)
    } else {
        Err(Refusal::EmailMalformed)
    }
}

/// The keyed hash by which one ID number is known again.
pub fn id_index(app: &App, id_number: &IdNumber) -> String {
    app.sealer.index("id_number", id_number.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 所在地 is of Jinan: ten districts and two counties, functional areas beside them.
    #[test]
    fn the_districts_are_jinans() {
        let all: Vec<_> = districts().collect();
        assert_eq!(
            all.iter().filter(|d| d.chars().count() == 3).count(),
            12,
            "{all:?}"
        );
        assert_eq!(choice(" 历下区 ", districts()), Ok("历下区".to_owned()));
        assert_eq!(choice("青岛市", districts()), Err(Refusal::NotAChoice));
    }

    #[test]
    fn an_address_has_a_name_and_a_domain() {
        assert_eq!(email(" wang@example.cn "), Ok("wang@example.cn".to_owned()));
        assert_eq!(email("wang＠example。cn"), Ok("wang@example.cn".to_owned()));
        for bad in [
            "wang",
            "@example.cn",
            "wang@example",
            "wang@.cn",
            "王@example.cn",
            "a b@c.cn",
            "a@b@c.cn",
        ] {
            assert_eq!(email(bad), Err(Refusal::EmailMalformed), "{bad}");
        }
    }
}
