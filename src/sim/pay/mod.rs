//! A WeChat Pay that runs here: API v3 for one merchant, the cashier on the simulated phones, notifications that get lost.
//!
//! Its keys are made at the start of the process, and lost with it. It refuses what WeChat Pay refuses: a signature over
//! other bytes, a number used for another order, money that is not there.
//!
//! | path | rules and codes |
//! |--|--|
//! | every `/v3/…` | `Authorization` verified over the raw request: 401 `SIGN_ERROR`; 300 s; 429 `FREQUENCY_LIMITED`; answers signed by the key that `Wechatpay-Serial` asks for |
//! | `/v3/pay/transactions/jsapi`, `native` | `PARAM_ERROR`, `APPID_MCHID_NOT_MATCH`, `MCH_NOT_EXISTS`, `OUT_TRADE_NO_USED`, `ORDERPAID`, `ORDER_CLOSED` |
//! | `/v3/pay/transactions/out-trade-no/:no`, `id/:id`, `…/close` | 404 `ORDER_NOT_EXIST`; `ORDERPAID` |
//! | `/v3/refund/domestic/refunds`, `/:no` | `RESOURCE_NOT_EXISTS`, `NOT_ENOUGH`, `INVALID_REQUEST`, `RULE_LIMIT` (50 refunds); then `REFUND.…` |
//! | `/v3/bill/tradebill`, `/v3/billdownload/file` | `NO_STATEMENT_EXIST`; only of days that are over |
//! | `/v3/certificates` | 403 `NO_AUTH` while the merchant has a public key only |
//!
//! Control:
//!
//! | call | body | answer |
//! |--|--|--|
//! | `POST /sim/pay/cashier` | `{user, params}` (of `getBrandWCPayRequest`) or `{user, code_url}` | `{prepay_id, amount_fen, amount, description, merchant}`, or what the phone says |
//! | `POST /sim/pay/confirm` | `{user, prepay_id}` | `{"ok":true, out_trade_no, transaction_id}` |
//! | `POST /sim/pay/force` | `{user, out_trade_no}` | paid whatever its state: at WeChat's the payer was faster than the close |
//! | `POST /sim/pay/notify` | `{number, id?, age_s?, serial?, signature?: "wrong"\|"probe", fen?, currency?, mchid?, appid?, out_trade_no?, flip?}` | sends one notification now: `{"status"}` |
//! | `POST /sim/pay/callbacks` | `{lose?, duplicate?, delay_ms?, hold?, drop_answer?, probe_every?, retry_ms?:[…]}` | notifications misbehave; `GET`, `DELETE` |
//! | `POST /sim/pay/set` | `{balance_fen?, refund_ms?, refund_outcome?, per_second?, certificates?}` | what the merchant has, how refunds end |
//! | `POST /sim/pay/bill` | `{drop?:[reference], change?:{reference: fen}, add?:[{reference, out_trade_no, fen}], bad_hash?}` | plants differences |
//! | `GET /sim/pay/orders` | | `{orders, refunds, notifications:{sent, acknowledged, probes, probes_accepted}}` |

mod bill;
mod cashier;
mod certificate;
mod chaos;
mod gate;
mod keys;
mod notify;
mod orders;
mod refunds;
mod state;

pub(super) use cashier::{codes, confirm, force, open_cashier};
pub(super) use chaos::{clear, list, misbehave, plant, set, show};
pub(super) use gate::{counted, refusal, v3};
pub use keys::SimMerchant;
pub(super) use notify::send_now;
pub(super) use state::Pay;

use std::sync::Arc;

use super::Sim;

impl Sim {
    /// Gives the account a merchant. Without one `/v3/…` refuses everything.
    pub fn set_pay(&self, merchant: Arc<SimMerchant>) {
        *super::unpoisoned(&self.inner.pay) = Some(merchant);
    }

    fn merchant(&self) -> Option<Arc<SimMerchant>> {
        super::unpoisoned(&self.inner.pay).clone()
    }
}
