//! The day's trade bill: announced with its hash, downloaded by a token.

use serde_json::json;
use sha1::{Digest, Sha1};

use crate::sim::state::State;
use crate::wechat::pay::RefundState;

use super::gate::{Answer, Call, V3Error, V3Result};

const DAY_MS: i64 = 86_400_000;
/// Days begin at midnight in China.
const CHINA_MS: i64 = 8 * 3_600_000;
const HEADING: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注";
const TOTALS: &str =
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";

/// Fen as the bill writes them.
fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

fn day_of(ms: i64) -> i64 {
    (ms + CHINA_MS).div_euclid(DAY_MS)
}

fn clock(ms: i64) -> String {
    let local = chrono::DateTime::from_timestamp_millis(ms + CHINA_MS).unwrap_or_default();
    local.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// One line before it is written.
struct Line {
    at: i64,
    transaction_id: String,
    out_trade_no: String,
    openid: String,
    trade_type: &'static str,
    description: String,
    order_fen: i64,
    /// refund_id, out_refund_no, fen.
    refund: Option<(String, String, i64)>,
}

impl Line {
    fn reference(&self) -> &str {
        self.refund
            .as_ref()
            .map_or(&self.transaction_id, |(_, number, _)| number)
    }

    fn write(&self, app_id: &str, mch_id: &str) -> String {
        let (status, id, number, fen, kind, done) = match &self.refund {
            Some((id, number, fen)) => (
                "REFUND",
                id.as_str(),
                number.as_str(),
                *fen,
                "ORIGINAL",
                "SUCCESS",
            ),
            None => ("SUCCESS", "0", "0", 0, "", ""),
        };
        let (order, back) = (yuan(self.order_fen), yuan(fen));
        let settled = if self.refund.is_some() {
            "0.00"
        } else {
            order.as_str()
        };
        let at = clock(self.at);
        let values = [
            at.as_str(),
            app_id,
            mch_id,
            "0",
            "",
            &self.transaction_id,
            &self.out_trade_no,
            &self.openid,
            self.trade_type,
            status,
            "OTHERS",
            "CNY",
            settled,
            "0.00",
            id,
            number,
            &back,
            "0.00",
            kind,
            done,
            &self.description,
            "",
            "0.00000",
            "0.00%",
            &order,
            &back,
            "",
        ];
        format!("`{}", values.join(",`"))
    }
}

fn lines(state: &State, day: i64) -> Vec<Line> {
    let pay = &state.pay;
    let mut lines: Vec<Line> = pay
        .orders
        .values()
        .filter_map(|order| {
            let (at, id) = (order.paid_at?, order.transaction_id.clone()?);
            (day_of(at) == day).then(|| Line {
                at,
                transaction_id: id,
                out_trade_no: order.out_trade_no.clone(),
                openid: order.paid_by.clone().unwrap_or_default(),
                trade_type: order.trade_type,
                description: order.description.clone(),
                order_fen: order.fen,
                refund: None,
            })
        })
        .collect();
    let refunds = pay
        .refunds
        .values()
        .filter(|r| r.state == RefundState::Success && r.done_at.is_some_and(|at| day_of(at) == day));
    lines.extend(refunds.filter_map(|refund| {
        let order = pay.orders.get(&refund.out_trade_no)?;
        Some(Line {
            at: refund.done_at?,
            transaction_id: order.transaction_id.clone()?,
            out_trade_no: order.out_trade_no.clone(),
            openid: order.paid_by.clone().unwrap_or_default(),
            trade_type: order.trade_type,
            description: order.description.clone(),
            order_fen: order.fen,
            refund: Some((refund.refund_id.clone(), refund.out_refund_no.clone(), refund.fen)),
        })
    }));
    lines.sort_by_key(|line| line.at);
    planted(state, day, lines)
}

/// What a test wants to be wrong.
fn planted(state: &State, day: i64, mut lines: Vec<Line>) -> Vec<Line> {
    let planted = &state.pay.planted;
    lines.retain(|line| !planted.drop.iter().any(|reference| reference == line.reference()));
    for line in &mut lines {
        if let Some(fen) = planted.change.get(line.reference()) {
            match &mut line.refund {
                Some((_, _, back)) => *back = *fen,
                None => line.order_fen = *fen,
            }
        }
    }
    lines.extend(planted.add.iter().map(|added| Line {
        at: day * DAY_MS - CHINA_MS,
        transaction_id: added.reference.clone(),
        out_trade_no: added.out_trade_no.clone(),
        openid: String::new(),
        trade_type: "JSAPI",
        description: "多出的,一笔".to_owned(),
        order_fen: added.fen,
        refund: None,
    }));
    lines
}

fn text(lines: &[Line], app_id: &str, mch_id: &str) -> String {
    let paid: i64 = lines
        .iter()
        .filter(|l| l.refund.is_none())
        .map(|l| l.order_fen)
        .sum();
    let back: i64 = lines
        .iter()
        .filter_map(|l| l.refund.as_ref())
        .map(|(_, _, fen)| fen)
        .sum();
    let rows: Vec<String> = lines.iter().map(|line| line.write(app_id, mch_id)).collect();
    let (paid, back, n) = (yuan(paid), yuan(back), lines.len());
    format!(
        "\u{feff}{HEADING}\r\n{}\r\n{TOTALS}\r\n`{n},`{paid},`{back},`0.00,`0.00000,`{paid},`{back}\r\n",
        rows.join("\r\n")
    )
}

pub(super) fn announce(call: &Call<'_>) -> V3Result {
    let date = call
        .query
        .get("bill_date")
        .and_then(|d| chrono::NaiveDate::parse_from_str(d, "%Y-%m-%d").ok());
    let date = date.ok_or_else(|| V3Error::param("bill_date 格式不正确"))?;
    let day = date
        .and_time(chrono::NaiveTime::MIN)
        .and_utc()
        .timestamp_millis()
        .div_euclid(DAY_MS);
    let mut state = call.sim.state();
    if day >= day_of(state.now_ms()) {
        return Err(V3Error::new(400, "INVALID_REQUEST", "只能查询今天以前的账单"));
    }
    let lines = lines(&state, day);
    if lines.is_empty() {
        return Err(V3Error::new(400, "NO_STATEMENT_EXIST", "账单文件不存在"));
    }
    let text = text(&lines, &call.sim.cfg().app_id, &call.merchant.mch_id);
    let mut hash = hex::encode(Sha1::digest(text.as_bytes()));
    if state.pay.planted.bad_hash {
        hash = hex::encode([0; 20]);
    }
    let token = hex::encode(rand::random::<[u8; 16]>());
    state.pay.bills.insert(token.clone(), text);
    Ok(Answer::Json(json!({
        "hash_type": "SHA1",
        "hash_value": hash,
        "download_url": format!("{}/v3/billdownload/file?token={token}", call.origin),
    })))
}

pub(super) fn download(call: &Call<'_>) -> V3Result {
    let token = call.query.get("token").map(String::as_str).unwrap_or_default();
    let state = call.sim.state();
    let text = state.pay.bills.get(token);
    text.cloned()
        .map(Answer::File)
        .ok_or_else(|| V3Error::new(404, "NOT_FOUND", "下载地址已失效"))
}
