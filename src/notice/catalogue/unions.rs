//! The messages about unions and their officers.

use super::{Content, about_union};
use crate::kernel::Time;

/// To the upper union's administrators: a registration waits.
pub fn registration_filed(name: &str, at: Time) -> Content {
    about_union(
        ("工会入网待审批", "请登录后审批"),
        name,
        "/office/registrations",
        at,
        format!("【泉城工会】{name}申请加入求学圆梦平台，请登录工会审核平台，在“工会组织”中审批。"),
    )
}

/// To who registered a union: it may work now. `link` is the address to sign in at.
pub fn registration_approved(name: &str, parent: &str, link: &str, at: Time) -> Content {
    let sms = format!(
        "【泉城工会】{name}的入网注册已通过{parent}审核，请用电脑打开 {link} ，用本手机号和注册时的密码登录。"
    );
    about_union(
        ("工会入网已通过", "请用手机号和密码登录"),
        name,
        "/office/sign-in",
        at,
        sms,
    )
}

/// To who registered a union: it was not approved.
pub fn registration_rejected(name: &str, parent: &str, reason: &str, at: Time) -> Content {
    let sms = format!(
        "【泉城工会】{name}的入网注册没有通过{parent}审核：{reason}。请联系该工会管理员，修改后重新注册。"
    );
    about_union(("工会入网未通过", reason), name, "/office/sign-in", at, sms)
}

/// To an officer who was added by phone. `link` is the address where they set a password.
pub fn officer_added(union: &str, link: &str, at: Time) -> Content {
    about_union(
        ("您已成为工会管理员", "请设置密码后登录"),
        union,
        "/office/reset",
        at,
        format!(
            "【泉城工会】{union}已为您开通求学圆梦工会管理员账号，请打开 {link} ，用本手机号设置密码后登录。"
        ),
    )
}

/// To an officer whose password was taken back by an administrator. `link` is the address where they set another one.
pub fn password_voided(union: &str, link: &str, at: Time) -> Content {
    about_union(
        ("请重新设置登录密码", "原密码已停用"),
        union,
        "/office/reset",
        at,
        format!(
            "【泉城工会】您在{union}的求学圆梦平台密码已由管理员停用，请打开 {link} ，用本手机号重新设置密码后登录。"
        ),
    )
}

/// To the reviewers of a union to which applications came because the tree changed.
pub fn work_arrived(union: &str, waiting: i64, at: Time) -> Content {
    about_union(
        ("下级工会调整，有申请转来", &format!("共 {waiting} 份待审核")),
        union,
        "/office",
        at,
        format!(
            "【泉城工会】因工会组织调整，有求学圆梦补助申请转到{union}，现共 {waiting} 份待审核，请登录办理。"
        ),
    )
}
