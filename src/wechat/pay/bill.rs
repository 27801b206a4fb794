//! The daily trade bill (交易账单): asked for by day, downloaded as a stream, read line by line, held against its SHA-1.
//!
//! Source: pay.weixin.qq.com/doc/v3/merchant, 申请交易账单, 下载账单. The file is CSV in its own way: every value begins with
//! "`" and none is quoted, so a comma inside a name does not part it; after the rows come a second heading and the totals.

use reqwest::Method;
use serde::Deserialize;
use sha1::{Digest, Sha1};

use super::client::PayClient;
use super::error::{PayApiError, PayClass, PayError};

/// A longer line than this is no line of a bill, in bytes.
const MAX_LINE: usize = 64 * 1024;
const TOTALS: &str = "总交易单数";

/// What a line of the bill tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowKind {
    /// A payment (交易状态 SUCCESS).
    Payment,
    /// A refund (REFUND), or a revoked payment (REVOKED).
    Refund,
}

/// One line of the bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillRow {
    /// 交易时间 as written, "2014-11-10 16:33:45".
    pub at: String,
    /// 微信订单号.
    pub transaction_id: String,
    /// 商户订单号.
    pub out_trade_no: String,
    /// Payment or refund.
    pub kind: RowKind,
    /// 订单金额 in fen; of a refund: its order's.
    pub order_fen: i64,
    /// 商户退款单号, of a refund.
    pub out_refund_no: Option<String>,
    /// 申请退款金额 in fen; 0 of a payment.
    pub refund_fen: i64,
}

/// The last line of the bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BillTotals {
    /// 总交易单数: rows of both kinds.
    pub rows: i64,
    /// 订单总金额 in fen.
    pub order_fen: i64,
    /// 申请退款总金额 in fen.
    pub refund_fen: i64,
}

#[derive(Deserialize)]
struct Announced {
    hash_type: String,
    hash_value: String,
    download_url: String,
}

/// "12.34" yuan as fen, without any floating point.
pub fn fen(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (yuan, part) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if yuan.is_empty() || part.len() > 2 || !plain(yuan) || !plain(part) {
        return None;
    }
    let part: i64 = if part.is_empty() {
        0
    } else {
        format!("{part:0<2}").parse().ok()?
    };
    yuan.parse::<i64>()
        .ok()?
        .checked_mul(100)?
        .checked_add(part)?
        .checked_mul(sign)
}

/// Reads a bill as its bytes come, and keeps no more than a line of it.
#[derive(Default)]
pub struct BillReader {
    line: Vec<u8>,
    columns: Vec<String>,
    totals_next: bool,
    rows: i64,
    order_fen: i64,
    refund_fen: i64,
    totals: Option<BillTotals>,
}

impl BillReader {
    /// Takes the next bytes; `row` is called with each line that they complete.
    pub fn push(&mut self, bytes: &[u8], row: &mut (impl FnMut(BillRow) + ?Sized)) -> Result<(), PayError> {
        for byte in bytes {
            if *byte == b'\n' {
                let line = std::mem::take(&mut self.line);
                self.line(&line, row)?;
            } else if self.line.len() >= MAX_LINE {
                return Err(malformed("一行过长"));
            } else {
                self.line.push(*byte);
            }
        }
        Ok(())
    }

    /// After the last bytes: the totals, which must be those of the rows.
    pub fn end(mut self, row: &mut (impl FnMut(BillRow) + ?Sized)) -> Result<BillTotals, PayError> {
        let line = std::mem::take(&mut self.line);
        self.line(&line, row)?;
        let totals = self.totals.ok_or_else(|| malformed("没有合计行"))?;
        if (totals.rows, totals.order_fen, totals.refund_fen) != (self.rows, self.order_fen, self.refund_fen)
        {
            return Err(malformed("合计与明细不一致"));
        }
        Ok(totals)
    }

    fn line(&mut self, line: &[u8], row: &mut (impl FnMut(BillRow) + ?Sized)) -> Result<(), PayError> {
        let line = std::str::from_utf8(line).map_err(|_| malformed("不是 UTF-8"))?;
        let line = line.trim_start_matches('\u{feff}').trim_end_matches('\r');
        if line.is_empty() {
            return Ok(());
        }
        let Some(values) = line.strip_prefix('`') else {
            self.totals_next = line.starts_with(TOTALS);
            self.columns = line.split(',').map(str::to_owned).collect();
            return Ok(());
        };
        let values: Vec<&str> = values.split(",`").collect();
        if self.totals_next {
            self.totals = Some(self.read_totals(&values)?);
            return Ok(());
        }
        let read = self.read_row(&values)?;
        self.rows += 1;
        match read.kind {
            RowKind::Payment => self.order_fen += read.order_fen,
            RowKind::Refund => self.refund_fen += read.refund_fen,
        }
        row(read);
        Ok(())
    }

    fn value<'v>(&self, values: &[&'v str], column: &str) -> Result<&'v str, PayError> {
        let at = self.columns.iter().position(|name| name == column);
        let value = at.and_then(|at| values.get(at)).copied();
        value.ok_or_else(|| malformed(&format!("缺少「{column}」")))
    }

    fn money(&self, values: &[&str], column: &str) -> Result<i64, PayError> {
        fen(self.value(values, column)?).ok_or_else(|| malformed(&format!("「{column}」不是金额")))
    }

    fn read_row(&self, values: &[&str]) -> Result<BillRow, PayError> {
        let text = |column: &str| self.value(values, column).map(str::to_owned);
        let kind = match self.value(values, "交易状态")? {
            "SUCCESS" => RowKind::Payment,
            "REFUND" | "REVOKED" => RowKind::Refund,
            other => return Err(malformed(&format!("不认识的交易状态 {other}"))),
        };
        let refund = kind == RowKind::Refund;
        Ok(BillRow {
            at: text("交易时间")?,
            transaction_id: text("微信订单号")?,
            out_trade_no: text("商户订单号")?,
            kind,
            order_fen: self.money(values, "订单金额")?,
            out_refund_no: if refund {
                Some(text("商户退款单号")?)
            } else {
                None
            },
            refund_fen: if refund {
                self.money(values, "申请退款金额")?
            } else {
                0
            },
        })
    }

    fn read_totals(&self, values: &[&str]) -> Result<BillTotals, PayError> {
        let rows = self
            .value(values, TOTALS)?
            .parse()
            .map_err(|_| malformed("总交易单数不是数字"))?;
        Ok(BillTotals {
            rows,
            order_fen: self.money(values, "订单总金额")?,
            refund_fen: self.money(values, "申请退款总金额")?,
        })
    }
}

fn malformed(what: &str) -> PayError {
    PayError::Decode(format!("账单：{what}"))
}

impl PayClient {
    /// The bill of a day ("2021-11-10"); `row` gets each line as it comes. What it was given counts only when this returns
    /// without an error: the file's hash is known at its end. `None`: nothing was paid that day.
    ///
    /// Bills are there from about 10 o'clock of the next day on.
    pub async fn trade_bill(
        &self,
        day: &str,
        row: &mut (dyn FnMut(BillRow) + Send),
    ) -> Result<Option<BillTotals>, PayError> {
        let path = format!("/v3/bill/tradebill?bill_date={day}&bill_type=ALL");
        let announced: Announced = match self.call("tradebill", Method::GET, &path, None).await {
            Ok(announced) => announced,
            Err(error) if error.class() == PayClass::NotExist => return Ok(None),
            Err(error) => return Err(error),
        };
        if announced.hash_type != "SHA1" {
            return Err(malformed("摘要算法不是 SHA1"));
        }
        self.download(&announced, row).await.map(Some)
    }

    async fn download(
        &self,
        announced: &Announced,
        row: &mut (dyn FnMut(BillRow) + Send),
    ) -> Result<BillTotals, PayError> {
        let path = self.own_path(&announced.download_url)?;
        let mut response = self
            .request(Method::GET, &announced.download_url, &path, String::new())
            .await?;
        if !response.status().is_success() {
            let status = response.status().as_u16();
            return Err(PayApiError::read(status, &response.bytes().await?));
        }
        let (mut reader, mut sha) = (BillReader::default(), Sha1::new());
        while let Some(chunk) = response.chunk().await? {
            sha.update(&chunk);
            reader.push(&chunk, row)?;
        }
        if !hex::encode(sha.finalize()).eq_ignore_ascii_case(&announced.hash_value) {
            return Err(PayError::BillHash);
        }
        reader.end(row)
    }

    /// The path with its query, which is what is signed; a signature is not sent to somebody else.
    fn own_path(&self, url: &str) -> Result<String, PayError> {
        let url = url::Url::parse(url).map_err(|_| malformed("下载地址不正确"))?;
        let base = url::Url::parse(self.base()).map_err(|_| malformed("接口地址不正确"))?;
        let wechat = url.scheme() == "https"
            && url
                .host_str()
                .is_some_and(|host| host.ends_with(".mch.weixin.qq.com"));
        if url.origin() != base.origin() && !wechat {
            return Err(malformed("下载地址不属于微信支付"));
        }
        Ok(url.query().map_or_else(
            || url.path().to_owned(),
            |query| format!("{}?{query}", url.path()),
        ))
    }
}
