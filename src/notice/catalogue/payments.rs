//! The messages to the city's finance officers: a day that does not agree with WeChat Pay's bill, a refund that does not go
//! on (issue 6).

use super::{Content, about_union};
use crate::kernel::Time;
use chrono::{Datelike as _, NaiveDate};

/// A day shows differences that nobody has settled. `union` is the recipient's.
pub fn bill_differs(union: &str, day: NaiveDate, open: i64, at: Time) -> Content {
    let which = format!("{}月{}日", day.month(), day.day());
    about_union(
        ("微信支付对账有差异", &format!("{which} {open} 处，请核对处理")),
        union,
        &format!("/office/payments/{day}"),
        at,
        format!(
            "【泉城工会】{which}的学费收款与微信支付账单有 {open} 处差异，请登录工会审核平台，在“收费对账”中核对处理。"
        ),
    )
}

/// A refund needs somebody. `order` is the order's id.
pub fn refund_stuck(union: &str, order: &str, at: Time) -> Content {
    about_union(
        ("有退款办不下去", "请登录查看原因并处理"),
        union,
        &format!("/office/payments/orders/{order}"),
        at,
        "【泉城工会】有一笔学费退款没有办成，请登录工会审核平台，在“收费对账”中查看原因并处理。".to_owned(),
    )
}
